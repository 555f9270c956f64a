// A real SMTP server, and the letters that it takes, as their readers have them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
// A letter is decoded by somebody else's program: our own would make the mistakes of the one that wrote it.
import PostalMime from 'postal-mime';
import { freePort, type Settings } from './server.ts';

export interface Letter {
  subject: string;
  text: string;
  html: string;
  /** Where the only link of the text leads. */
  link: string;
  /** Six digits; undefined where there is only the link. */
  code: string | undefined;
}

export interface MailServer {
  /** With these the server sends its letters here. */
  settings: Settings;
  /**
   * The oldest letter about that to that address that nobody has asked for yet; waits for it. Of some things one is told on the way
   * to others: whoever registers gets a letter, and whoever signs in on a new device.
   */
  next(to: string, subject: string): Promise<Letter>;
  /** How many have come by now, with those that were asked for: to that address, and about that. */
  count(to: string, subject?: string): Promise<number>;
  stop(): Promise<void>;
}

/** Letters go out every other second; a busy machine takes longer. */
const patience = 20_000;

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    // It speaks first (RFC 5321, section 3.1).
    await once(socket, 'data', { signal: AbortSignal.timeout(patience) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function read(path: string): Promise<Omit<Letter, 'link'> & { to: string[]; links: string[] }> {
  const { subject = '', text = '', html = '', to = [] } = await PostalMime.parse(await readFile(path));
  const links = text.match(/^https?:\/\/\S+$/gm) ?? [];
  return { to: to.map(({ address = '' }) => address), subject, text, html, links, code: /^\d{6}$/m.exec(text)?.[0] };
}

/** Resolves when it takes letters. */
export async function startMailServer(): Promise<MailServer> {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-mail-'));
  const port = await freePort();
  const maildir = join(folder, 'mail');
  const program = spawn('aiosmtpd', ['-n', '-l', `127.0.0.1:${port}`, '-c', 'aiosmtpd.handlers.Mailbox', maildir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  program.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  let gone = false;
  program.on('error', (error) => {
    gone = true;
    log += String(error);
  });
  program.on('exit', () => (gone = true));
  const kill = () => program.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.removeListener('exit', kill);
    if (!gone) {
      const exited = once(program, 'exit');
      // It has nothing to lose.
      kill();
      await exited;
    }
    await rm(folder, { recursive: true, force: true });
  };

  const deadline = Date.now() + patience;
  while (!(await answers(port))) {
    if (gone || Date.now() > deadline) {
      await stop();
      throw new Error(`aiosmtpd ${gone ? 'ended' : 'was not ready in 20 s'} (scripts/install-test-tools browser installs it):\n${log}`);
    }
    await pause(50);
  }

  // A file is there at once and whole, and its name has the number of its letter.
  const arrived = async () => {
    const number = (name: string) => Number(/Q(\d+)/.exec(name)?.[1]);
    const names = await readdir(join(maildir, 'new')).catch(() => []);
    return names.sort((one, other) => number(one) - number(other)).map((name) => join(maildir, 'new', name));
  };
  const lettersTo = async (to: string, subject?: string) => {
    const letters = await Promise.all((await arrived()).map(read));
    return letters.filter((letter) => letter.to.includes(to) && (subject === undefined || letter.subject === subject));
  };
  const asked = new Map<string, number>();
  return {
    settings: { VESTIBULE_SMTP_URL: `smtp://127.0.0.1:${port}`, VESTIBULE_MAIL_FROM: 'Vestibule <no-reply@vestibule.example>' },
    async next(to, subject) {
      const which = JSON.stringify([to, subject]);
      const seen = asked.get(which) ?? 0;
      const deadline = Date.now() + patience;
      for (;;) {
        const letter = (await lettersTo(to, subject))[seen];
        if (letter) {
          asked.set(which, seen + 1);
          const [link, ...others] = letter.links;
          if (!link || others.length > 0) throw new Error(`a letter has one link, on a line of its own:\n${letter.text}`);
          return { ...letter, link };
        }
        if (Date.now() > deadline) throw new Error(`no letter "${subject}" to ${to} in 20 s; there were ${seen} before`);
        await pause(100);
      }
    },
    count: async (to, subject) => (await lettersTo(to, subject)).length,
    stop,
  };
}

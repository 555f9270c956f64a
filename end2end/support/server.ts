// Starts the release binary on a loopback port with a database of its own, and stops it.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const repository = resolve(import.meta.dirname, '../..');
const program = process.env.VESTIBULE_PROGRAM ?? join(repository, 'target/release/vestibule');

export interface Server {
  /** Scheme, host and port, without a trailing slash. */
  origin: string;
  /** Runs the program beside it, as its operator, and gives what that prints. */
  operate(...args: string[]): Promise<string>;
  /** Everything it has written so far. */
  log(): string;
  /** Of several instances: ends each in order, and starts it again before the next. */
  restart?(): Promise<void>;
  /** Ends it (it gets five seconds to do so in order) and deletes its database. */
  stop(): Promise<void>;
}

/** A port nobody listens on: the system's next choice. */
export async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}

/** VESTIBULE_* variables beyond those that every server here needs. */
export type Settings = Record<string, string>;

/** Resolves when `/readyz` answers 200; throws what the server wrote when it ends or takes 20 seconds. */
export async function startServer(settings: Settings = {}, port?: number): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-end2end-'));
  port ??= await freePort();
  const origin = `http://127.0.0.1:${port}`;

  // Only what is named here: a developer's own VESTIBULE_* settings must not change a test.
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    VESTIBULE_ORIGIN: origin,
    VESTIBULE_LISTEN: `127.0.0.1:${port}`,
    VESTIBULE_DATABASE_URL: `sqlite://${join(folder, 'vestibule.db')}`,
    VESTIBULE_SECRET: randomBytes(32).toString('base64url'),
    // All tests come from one address: its limit would be met within seconds.
    VESTIBULE_REQUESTS_PER_MINUTE: '0',
    // Whatever it has to say: `test.ts` looks for secrets in it.
    VESTIBULE_LOG: 'info,vestibule=trace',
    ...settings,
  };
  const child = spawn(program, [], { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'], env });
  const operate = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(program, args, { cwd: repository, env });
    return stdout;
  };
  let log = '';
  let gone = false;
  const remember = (chunk: Buffer) => {
    log += chunk.toString();
  };
  child.stdout.on('data', remember);
  child.stderr.on('data', remember);
  child.on('error', (error) => {
    gone = true;
    log += String(error);
  });
  child.on('exit', () => {
    gone = true;
  });
  // The worker may be ended in the middle of a test.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  const stop = async () => {
    process.removeListener('exit', kill);
    if (!gone) {
      const exited = once(child, 'exit');
      const insist = setTimeout(kill, 5_000);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(insist);
    }
    await rm(folder, { recursive: true, force: true });
  };

  const deadline = Date.now() + 20_000;
  for (;;) {
    const ready = await fetch(`${origin}/readyz`).then(
      (response) => response.status === 200,
      () => false,
    );
    if (ready) return { origin, operate, log: () => log, stop };
    if (gone || Date.now() > deadline) {
      await stop();
      throw new Error(`${program} ${gone ? 'ended' : 'was not ready in 20 s'}:\n${log}`);
    }
    await pause(50);
  }
}

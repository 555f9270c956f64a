// Two instances on one PostgreSQL behind nginx with TLS, as deploy/nginx.conf has it.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, startServer, type Server, type Settings } from './server.ts';

const site = resolve(import.meta.dirname, '../../deploy/nginx.conf');

/** Puts a value where the file has an example; the example must be there. */
function fill(config: string, example: string, value: string): string {
  if (!config.includes(example)) throw new Error(`deploy/nginx.conf has no ${example}`);
  return config.replaceAll(example, value);
}

/** The status of a page behind a certificate that we have just made ourselves; 0 where nobody answers. */
function statusOf(url: string): Promise<number> {
  return new Promise((done) => {
    const asked = request(url, { rejectUnauthorized: false }, (answer) => {
      answer.resume();
      done(answer.statusCode ?? 0);
    });
    asked.on('error', () => done(0));
    asked.end();
  });
}

/** A database of its own on the PostgreSQL that `scripts/postgres-for-tests` has started. */
function createDatabase(): { url: string; drop(): void } {
  const server = process.env.VESTIBULE_TEST_POSTGRES_URL;
  if (!server) throw new Error('VESTIBULE_TEST_POSTGRES_URL is not set: run scripts/postgres-for-tests npx playwright test');
  const name = `vestibule_end2end_${randomBytes(8).toString('hex')}`;
  const ask = (sql: string) => execFileSync('psql', ['--quiet', '--no-psqlrc', '--command', sql, server]);
  ask(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => void ask(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/** Resolves when nginx passes on what both instances answer. `log` is what all three have written. */
export async function startDeployment(settings: Settings = {}): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-deployed-'));
  // nginx has workers of another user, who keep there what is uploaded.
  await chmod(folder, 0o755);
  const [port, plainPort] = [await freePort(), await freePort()];
  const origin = `https://localhost:${port}`;
  const database = createDatabase();
  const shared = {
    VESTIBULE_ORIGIN: origin,
    VESTIBULE_DATABASE_URL: database.url,
    VESTIBULE_SECRET: randomBytes(32).toString('base64url'),
    VESTIBULE_TRUSTED_PROXIES: '127.0.0.1',
    ...settings,
  };
  const instances = await Promise.all([startServer(shared), startServer(shared)]);
  const [one, other] = instances.map((instance) => new URL(instance.origin).host);

  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', '/CN=localhost', '-keyout', key, '-out', certificate],
  ], { stdio: 'ignore' });
  let config = await readFile(site, 'utf8');
  for (const [example, value] of [
    ['127.0.0.1:3000', one],
    ['127.0.0.1:3001', other],
    ['listen 80;', `listen 127.0.0.1:${plainPort};`],
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['/etc/ssl/vestibule/fullchain.pem', certificate],
    ['/etc/ssl/vestibule/privkey.pem', key],
    ['auth.example.org;', 'localhost;'],
  ] as const) {
    config = fill(config, example, value as string);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  const main = `pid ${folder}/pid; error_log stderr; daemon off; worker_processes 1;
    events {} http { access_log off; ${temporary.join(' ')} ${config} }`;
  await writeFile(join(folder, 'nginx.conf'), main);
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  nginx.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  let gone = false;
  nginx.on('error', (error) => {
    gone = true;
    log += String(error);
  });
  nginx.on('exit', () => (gone = true));
  const kill = () => nginx.kill('SIGKILL');
  process.once('exit', kill);

  const stop = async () => {
    process.removeListener('exit', kill);
    if (!gone) {
      const exited = once(nginx, 'exit');
      nginx.kill('SIGTERM');
      await exited;
    }
    await Promise.all(instances.map((instance) => instance.stop()));
    database.drop();
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + 20_000;
  while ((await statusOf(`${origin}/readyz`)) !== 200) {
    if (gone || Date.now() > deadline) {
      await stop();
      throw new Error(`nginx ${gone ? 'ended' : 'was not ready in 20 s'}:\n${log}`);
    }
    await pause(50);
  }
  // The logs of those that have ended.
  let past = '';
  const restart = async () => {
    for (const [number, instance] of instances.entries()) {
      await instance.stop();
      past += instance.log();
      instances[number] = await startServer(shared, Number(new URL(instance.origin).port));
    }
  };
  return {
    origin,
    restart,
    operate: (...args) => instances[0]!.operate(...args),
    log: () => log + past + instances.map((instance) => instance.log()).join(''),
    stop,
  };
}

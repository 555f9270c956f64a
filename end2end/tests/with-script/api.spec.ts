// The API's documentation, run to the letter: its shell examples and its client. No browser takes part.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test, type Person } from '../../support/test.ts';
import type { Server } from '../../support/server.ts';

const repository = resolve(import.meta.dirname, '../../..');

/** The examples of a page, as they stand there but for the server and for who Ada is. */
async function examples(file: string, server: Server, person: Person): Promise<string> {
  const page = await readFile(resolve(repository, file), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map((block) => block[1] as string);
  expect(blocks.length).toBeGreaterThan(0);
  return blocks
    .filter((block) => block.includes('/api/v1') || block.includes('client.mjs'))
    .join('\n')
    .replaceAll('http://127.0.0.1:3000', server.origin)
    .replaceAll('ada@example.org', person.email)
    .replaceAll('seven lamps 1815', person.password);
}

async function run(script: string): Promise<string> {
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: repository });
  const [out, errors, [status]] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'exit')]);
  expect(status, `${out}\n${errors}`).toBe(0);
  return out;
}

async function register(server: Server, person: Person) {
  const answer = await fetch(`${server.origin}/api/v1/users`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(person),
  });
  expect(answer.status).toBe(201);
}

test("the documentation's examples do what they say", async ({ server, person }) => {
  await register(server, person);
  const out = await run(await examples('docs/api.md', server, person));
  expect(out).toContain(`"nickname":"${person.nickname}"`);
  expect(out).toContain(`${person.nickname} <${person.email}>\n`);
  expect(out).toMatch(/Z {2}A Node program {2}\(this one\)\n/);
  expect(out).toContain('"nickname":"Grace"');
  expect(out).toContain('"nickname":"Countess"');
});

test("the README's three lines do what they say", async ({ server, person }) => {
  await register(server, person);
  const out = await run(await examples('README.md', server, person));
  expect(out).toContain(`"nickname":"${person.nickname}"`);
});

test('a program that calls while its tokens run out renews once, and stays in', async ({ server, person }) => {
  await register(server, person);
  const client = resolve(repository, 'docs/examples/client.mjs');
  const out = await run(`node --input-type=module -e '
    import { Vestibule } from "${client}";
    const fetched = globalThis.fetch;
    let renewals = 0;
    let refused = true;
    // As if the access token had run out: the first calls are refused.
    globalThis.fetch = (address, request) => {
      if (address.endsWith("/refresh")) { renewals += 1; refused = false; }
      const headers = refused && request.headers.Authorization ? { Authorization: "Bearer x" } : request.headers;
      return fetched(address, { ...request, headers });
    };
    const vestibule = new Vestibule("${server.origin}");
    await vestibule.signIn("${person.email}", "${person.password}");
    const all = await Promise.all([1, 2, 3, 4].map(() => vestibule.call("GET", "/me")));
    console.log([renewals, all.length, all.every((me) => me.email === "${person.email}")].join(" "));
  '`);
  expect(out).toBe('1 4 true\n');
});

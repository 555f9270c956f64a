// The `test` of this suite: a server for each worker, a new person for each test, and every test fails on
// a console error, an uncaught exception, a CSP violation or a server error, whatever else it looks at.
import { randomBytes } from 'node:crypto';
import { test as base, expect, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test';
import { startDeployment } from './deployment.ts';
import { startMailServer, type MailServer } from './mail.ts';
import { startServer, type Server, type Settings } from './server.ts';

export { expect };

export interface Person {
  email: string;
  nickname: string;
  password: string;
}

export interface Problems {
  /** What went wrong so far, one line each. */
  found(): string[];
  /** The test provokes these on purpose: they are no problems. */
  expect(pattern: RegExp): void;
}

/** Opens a page in another browser, watched like the first one's. */
export type Elsewhere = (options?: BrowserContextOptions) => Promise<Page>;

export function newPerson(): Person {
  const id = randomBytes(6).toString('hex');
  return {
    email: `ada.${id}@example.com`,
    nickname: `Ada ${id}`,
    password: `seven lamps ${randomBytes(6).toString('hex')}`,
  };
}

/** Watches all pages of a context. */
async function watch(context: BrowserContext, origin: string): Promise<Problems> {
  const problems: string[] = [];
  // No page of ours asks anybody else for anything.
  const isElsewhere = (url: URL) => url.protocol === 'https:' && url.origin !== origin;
  await context.route(isElsewhere, (route) => {
    problems.push(`elsewhere: ${route.request().url()}`);
    return route.abort();
  });
  const expected: RegExp[] = [];
  const refusedPages = new Set<string>();

  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => {
    const { message, stack } = error.error();
    // Chromium gives up dissolving one page into the next while requests are intercepted, as above, or a window changes its size, and
    // says so.
    if (/^Transition was (skipped|aborted)/.test(message)) return;
    problems.push(`uncaught: ${message} ${stack}`);
  });
  context.on('response', (response) => {
    const status = response.status();
    if (status >= 500) problems.push(`server error: ${status} ${response.url()}`);
    if (status >= 400 && response.request().isNavigationRequest()) {
      // Chromium reports the status of the page itself as if it were a missing resource.
      refusedPages.add(`(${response.url()})`);
    }
  });
  await context.exposeBinding('reportViolation', (_source, text: string) => {
    problems.push(`CSP violation: ${text}`);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (globalThis as unknown as { reportViolation(text: string): void }).reportViolation;
      report(`${event.effectiveDirective} ${event.blockedURI} ${event.sample} (${event.documentURI})`);
    });
  });

  const ownStatus = (problem: string) =>
    problem.startsWith('console: Failed to load resource: the server responded with a status of 4') &&
    [...refusedPages].some((page) => problem.endsWith(page));
  return {
    found: () =>
      problems.filter((problem) => !ownStatus(problem) && !expected.some((pattern) => pattern.test(problem))),
    expect: (pattern) => void expected.push(pattern),
  };
}

interface TestFixtures {
  /** Somebody without an account yet, different in every test. */
  person: Person;
  problems: Problems;
  elsewhere: Elsewhere;
  /** The letters that the server has sent; only with `mail`. */
  letters: MailServer;
}

export interface WorkerFixtures {
  /** What the server is started with. `test.use` at the top of a file gives that file a server of its own. */
  settings: Settings;
  /** Whether it is two of them behind nginx. */
  deployed: boolean;
  /** Whether letters go out by SMTP. Without, they are shown on a page, as to a developer. */
  mail: boolean;
  mailServer: MailServer | undefined;
  server: Server;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  settings: [{}, { option: true, scope: 'worker' }],
  deployed: [false, { option: true, scope: 'worker' }],
  mail: [false, { option: true, scope: 'worker' }],

  mailServer: [
    async ({ mail }, use) => {
      const mailServer = mail ? await startMailServer() : undefined;
      await use(mailServer);
      await mailServer?.stop();
    },
    { scope: 'worker' },
  ],

  server: [
    async ({ settings, deployed, mailServer }, use) => {
      const all = { ...mailServer?.settings, ...settings };
      const server = await (deployed ? startDeployment(all) : startServer(all));
      await use(server);
      await server.stop();
      expect(server.log(), 'no request may make the server panic').not.toContain('panicked at');
    },
    { scope: 'worker' },
  ],

  baseURL: async ({ server }, use) => use(server.origin),

  person: async ({}, use) => use(newPerson()),

  letters: async ({ mailServer, server }, use) => {
    if (!mailServer) throw new Error('no letters go out: this file needs test.use({ mail: true })');
    const opened: string[] = [];
    const next = async (to: string, subject: string) => {
      const letter = await mailServer.next(to, subject);
      opened.push(new URL(letter.link).searchParams.get('token') ?? 'a link without a token');
      return letter;
    };
    await use({ ...mailServer, next });
    for (const token of opened) expect(server.log(), 'what opens an account stands not in the log').not.toContain(token);
  },

  problems: [
    async ({ context, server, person }, use, testInfo) => {
      const logBefore = server.log().length;
      const problems = await watch(context, server.origin);
      await use(problems);
      const cookies = (await context.cookies()).map((cookie) => cookie.value);
      for (const secret of [person.email, person.password, ...cookies]) {
        if (secret.length >= 8) expect(server.log(), 'no secret stands in the log').not.toContain(secret);
      }
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server log', { body: server.log().slice(logBefore) });
      }
      expect(problems.found(), 'console errors, CSP violations, server errors').toEqual([]);
    },
    { auto: true },
  ],

  elsewhere: async ({ browser, server }, use) => {
    const opened: { context: BrowserContext; problems: Problems }[] = [];
    // Playwright hands the project's settings (script on or off, the base URL) on to every context.
    await use(async (options) => {
      const context = await browser.newContext(options);
      opened.push({ context, problems: await watch(context, server.origin) });
      return context.newPage();
    });
    for (const { context, problems } of opened) {
      expect(problems.found(), 'console errors, CSP violations, server errors elsewhere').toEqual([]);
      await context.close();
    }
  },
});

// The browser tests: every one of tests/*.spec.ts runs twice, with JavaScript on and with it off;
// what only exists with or without it has a folder of its own. Some run once more through nginx, on two instances.
import { defineConfig } from '@playwright/test';
import { browser } from './support/browser.ts';
import type { WorkerFixtures } from './support/test.ts';

export default defineConfig<object, WorkerFixtures>({
  testDir: './tests',
  outputDir: './test-results',
  fullyParallel: true,
  workers: 2,
  // A test that needs a second try is a failure to look into.
  retries: 0,
  forbidOnly: !!process.env.CI,
  // Generous: a password hash takes a while on a busy machine, and nothing waits for the limit.
  timeout: 60_000,
  // The pictures of tests/with-script/pictures.spec.ts; only `make screenshots` writes any.
  expect: { timeout: 10_000, toHaveScreenshot: { pathTemplate: '../docs/images/{arg}{ext}' } },
  updateSnapshots: 'none',
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  // No traces: recording them doubles the time. `npx playwright test --trace on` when one is needed.
  use: { ...browser, screenshot: 'only-on-failure' },
  projects: [
    { name: 'script', testIgnore: ['without-script/**', 'deployed/**'] },
    { name: 'no-script', testIgnore: ['with-script/**', 'deployed/**'], use: { javaScriptEnabled: false } },
    {
      name: 'deployed',
      testMatch: [
        ...['journey.spec.ts', 'forms.spec.ts', 'sessions.spec.ts', 'recovery.spec.ts', 'addresses.spec.ts'],
        ...['with-script/open-tabs.spec.ts', 'deployed/**'],
      ],
      use: { deployed: true, ignoreHTTPSErrors: true },
    },
  ],
});

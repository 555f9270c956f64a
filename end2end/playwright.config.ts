// The browser tests: every one of tests/*.spec.ts runs twice, with JavaScript on and with it off;
// what only exists with or without it has a folder of its own.
import { defineConfig } from '@playwright/test';
import { browser } from './support/browser.ts';

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  fullyParallel: true,
  workers: 2,
  // A test that needs a second try is a failure to look into.
  retries: 0,
  forbidOnly: !!process.env.CI,
  // Generous: a password hash takes a while on a busy machine, and nothing waits for the limit.
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  // No traces: recording them doubles the time. `npx playwright test --trace on` when one is needed.
  use: { ...browser, screenshot: 'only-on-failure' },
  projects: [
    { name: 'script', testIgnore: 'without-script/**' },
    { name: 'no-script', testIgnore: 'with-script/**', use: { javaScriptEnabled: false } },
  ],
});

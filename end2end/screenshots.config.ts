// Takes pictures of the pages instead of testing them (make screenshots).
import { defineConfig } from '@playwright/test';
import { browser } from './support/browser.ts';

export default defineConfig({
  testDir: './screenshots',
  testMatch: '*.ts',
  outputDir: './test-results',
  workers: 1,
  reporter: 'list',
  use: browser,
});

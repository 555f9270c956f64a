// Takes pictures of the pages in all their states instead of testing them (make screenshots ALL=1).
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

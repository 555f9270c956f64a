// How Chromium is found and started.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { PlaywrightTestOptions, PlaywrightWorkerOptions } from '@playwright/test';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The system's Chromium; undefined leaves it to the one `playwright install` has fetched. */
function executablePath(): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here: look on.
      }
    }
  }
  return undefined;
}

const args = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
// Chromium's sandbox refuses to run as root, as in most containers.
if (process.getuid?.() === 0) args.push('--no-sandbox');

export const browser: Partial<PlaywrightTestOptions & PlaywrightWorkerOptions> = {
  browserName: 'chromium',
  // A picture of a page should not depend on the time zone and language of who takes it.
  locale: 'en-GB',
  timezoneId: 'UTC',
  launchOptions: {
    executablePath: executablePath(),
    args,
    // People's browsers keep left pages in memory: the test of the back button must meet that.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  },
};

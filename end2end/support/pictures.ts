// Every look of a page, made the same each time.
import type { Page } from '@playwright/test';

const screens = [
  { width: 360, height: 640 },
  { width: 1280, height: 800 },
];

/** What differs from run to run is written over and not masked: people look at the same pictures in the README. */
function settle() {
  for (const time of document.querySelectorAll('time')) {
    time.textContent = time.textContent?.includes(':') ? '2 January 2026, 03:04 UTC' : '2 January 2026';
  }
  // The identifiers of requests and users.
  for (const code of document.querySelectorAll('.activity code, .facts code')) code.textContent = '0123456789abcdefghijkl';
  // A focused summary of errors has scrolled the page, and what is sticky would stand in the middle of the picture.
  scrollTo(0, 0);
}

/** Shows the page on a telephone and on a desk, light and dark; `take` gets the name of the look. */
export async function inEveryLook(page: Page, take: (look: string) => Promise<void>): Promise<void> {
  await page.waitForLoadState('networkidle');
  // Nothing is under it there.
  await page.mouse.move(0, 0);
  for (const screen of screens) {
    await page.setViewportSize(screen);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(settle);
      await take(`${screen.width}-${colorScheme}`);
    }
  }
}

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
  // Letters tell of the time, the server and the code in their sentences.
  for (const paragraph of document.querySelectorAll('.letter p:not(:has(a))')) {
    const words = paragraph.textContent ?? '';
    paragraph.textContent = words
      .replace(/\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC/, '2 January 2026, 03:04 UTC')
      .replace(/^\d{6}$/, '123456')
      .replace(/http:\/\/127\.0\.0\.1:\d+/, 'http://127.0.0.1:3000');
  }
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

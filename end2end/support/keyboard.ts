// The keyboard's way through a page. Whatever it comes to must be seen to have the focus.
import { expect, type Locator, type Page } from '@playwright/test';

export function focused(page: Page): Locator {
  return page.locator('*:focus');
}

/** What keeps the focus from being seen, one line each. Runs in the page. */
function hiddenFocus(element: Element): string[] {
  const found = [];
  const numbers = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = numbers(color).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one: string, other: string) => {
    const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) found.push(`no ring: ${outlineWidth} ${outlineStyle}`);
  let around = element.parentElement;
  while (around && numbers(getComputedStyle(around).backgroundColor)[3] === 0) around = around.parentElement;
  const ground = getComputedStyle(around ?? document.documentElement).backgroundColor;
  if (contrast(outlineColor, ground) < 3) found.push(`a ring of ${outlineColor} on ${ground}`);

  // WCAG 2.2, 2.4.11: not all of it lies behind something that stays in sight.
  const { left, top, width, height } = element.getBoundingClientRect();
  const shares = [0.1, 0.5, 0.9];
  const isUncovered = shares.some((x) =>
    shares.some((y) => {
      const above = document.elementFromPoint(left + width * x, top + height * y);
      return above !== null && (element.contains(above) || above.contains(element));
    }),
  );
  if (!isUncovered) found.push('covered, or out of sight');
  return found;
}

/** Gives the role and the name of what has the focus, as a screen reader says them. */
export async function expectSeen(page: Page): Promise<string> {
  const snapshot = await focused(page).ariaSnapshot();
  const [, stop = snapshot] = /^- (\w+(?: "[^"]*")?)/.exec(snapshot) ?? [];
  expect(await focused(page).evaluate(hiddenFocus), stop).toEqual([]);
  return stop;
}

/** One Tab on. */
export async function tab(page: Page): Promise<string> {
  await page.keyboard.press('Tab');
  return expectSeen(page);
}

/** One Tab back. */
export async function tabBack(page: Page): Promise<string> {
  await page.keyboard.press('Shift+Tab');
  return expectSeen(page);
}

/** All that Tab comes to from here to the end of the page; with Shift, to its beginning. */
export async function stops(page: Page, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    await page.keyboard.press(key);
    // After the last one come the browser's own parts, or the first one again, which is the skip link.
    if ((await focused(page).count()) === 0) return found;
    const isFirst = (await page.locator('.skip-link:focus').count()) > 0;
    if (isFirst && key === 'Tab' && found.length > 0) return found;
    found.push(await expectSeen(page));
    if (isFirst && key === 'Shift+Tab') return found;
  }
}

/** From the top of the page over the skip link into the page's own part. */
export async function skipToContent(page: Page): Promise<void> {
  expect(await tab(page)).toBe('link "Skip to content"');
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
}

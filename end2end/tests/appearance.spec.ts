// Light or dark, as chosen at the foot of any page, with or without script.
import { expect, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

/** Whether the page is darker than its words, as far as the browser has drawn it. */
async function isDark(page: Page): Promise<boolean> {
  const ground = await page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
  const [red, green, blue] = (ground.match(/[\d.]+/g) ?? []).map(Number);
  return (red ?? 0) + (green ?? 0) + (blue ?? 0) < 384;
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`a system that is ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('is followed until something else is chosen', async ({ page }) => {
      await page.goto('/login?next=/sessions');
      const systems = colorScheme === 'dark';
      await expect.poll(() => isDark(page)).toBe(systems);
      for (const [choice, dark] of [
        ['Dark', true],
        ['Light', false],
        ['System', systems],
      ] as const) {
        await page.getByRole('button', { name: choice, exact: true }).click();
        await expect(page.getByRole('button', { name: choice, exact: true })).toHaveAttribute('aria-current', 'true');
        await expect(page).toHaveURL('/login?next=/sessions');
        await expect.poll(() => isDark(page), choice).toBe(dark);
        await page.goto('/no/such/page');
        await expect.poll(() => isDark(page), `${choice}, where nothing is`).toBe(dark);
        await page.goto('/login?next=/sessions');
      }
    });
  });
}

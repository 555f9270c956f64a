// Pages fit a small telephone: nothing makes them scroll sideways.
import { button, failOn, failures, fill, notice, register, signIn } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

async function expectFits(page: Page, what: string) {
  // After a form, a page can be asked before its style sheet is there.
  await page.waitForLoadState('load');
  const { scrollWidth, clientWidth } = await page.evaluate(() => ({
    scrollWidth: document.documentElement.scrollWidth,
    clientWidth: document.documentElement.clientWidth,
  }));
  expect(scrollWidth, what).toBeLessThanOrEqual(clientWidth);
}

for (const width of [320, 360]) {
  test.describe(`${width} pixels wide`, () => {
    test.use({ viewport: { width, height: 740 } });

    test('pages of a stranger', async ({ page }) => {
      for (const path of ['/', '/register', '/login', '/no/such/page']) {
        await page.goto(path);
        await expectFits(page, path);
      }
      for (const path of ['/register', '/login'] as const) {
        await failOn(page, path);
        await expectFits(page, `${path} with errors`);
      }
    });

    test('pages of an account with the longest words', async ({ page, person, elsewhere }) => {
      const wide = { ...person, email: `${'m'.repeat(40)}.${person.email}`, nickname: 'W'.repeat(50) };
      await register(page, wide);
      await signIn(await elsewhere({ userAgent: 'Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28.0' }), wide);
      await fill(page, { signature: 'W'.repeat(200), avatar_url: `https://images.example/${'w'.repeat(150)}.png` });
      await button(page, 'Save profile').click();
      await expect(notice(page)).toBeVisible();
      for (const path of ['/', '/profile', '/sessions', '/password', '/no/such/page']) {
        await page.goto(path);
        await expectFits(page, path);
      }
      for (const path of Object.keys(failures).slice(2) as ('/profile' | '/password')[]) {
        await failOn(page, path);
        await expectFits(page, `${path} with errors`);
      }
    });
  });
}

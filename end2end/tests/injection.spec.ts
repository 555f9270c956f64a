// What people type is text, wherever it is shown.
import { button, fieldError, fill, notice, register, signIn } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

const script = '<script>window.injected=1</script>';

async function expectInert(page: Page) {
  await expect(page.locator('script', { hasText: 'injected' })).toHaveCount(0);
  await expect(page.locator('[onerror], [onload], [onclick], [onfocus]')).toHaveCount(0);
  expect(await page.evaluate(() => 'injected' in window)).toBe(false);
}

const everywhere = ['/profile', '/', '/sessions', '/password', '/account'];

for (const nickname of [script, '"><img src=x onerror=injected=1>', "</title>'\"><svg onload=injected=1>"]) {
  test(`nickname ${nickname}`, async ({ page, person }) => {
    await register(page, { ...person, nickname });
    await expect(page.locator('#nickname')).toHaveValue(nickname);
    await expect(page.locator('.identity')).toContainText(nickname);
    for (const path of everywhere) {
      await page.goto(path);
      await expectInert(page);
    }
    await page.goto('/');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${nickname}`);
  });
}

for (const signature of [script, `</textarea>${script}`, `--><!--</p>${script}`, `&lt;b&gt; &amp; ${script}`]) {
  test(`signature ${signature}`, async ({ page, person }) => {
    await register(page, person);
    await fill(page, { signature });
    await button(page, 'Save profile').click();
    await expect(notice(page)).toHaveText('Your profile is saved.');
    await expect(page.locator('#signature')).toHaveValue(signature);
    await expect(page.locator('.identity')).toContainText(signature);
    for (const path of everywhere) {
      await page.goto(path);
      await expectInert(page);
    }
  });
}

test('what a browser says of itself is not repeated', async ({ page, person, elsewhere }) => {
  await register(page, person);
  await signIn(await elsewhere({ userAgent: `"><img src=x onerror=injected=1>${script}` }), person);
  await page.goto('/sessions');
  await expect(page.getByRole('button', { name: 'End the session of Unknown browser', exact: true })).toBeVisible();
  await expect(page.locator('body')).not.toContainText('injected');
  await expectInert(page);
});

test('a refused form shows what was typed as text, too', async ({ page }) => {
  await page.goto('/register');
  await fill(page, { email: `"><${script}`, nickname: `'"></p>${script}`, password: 'short' });
  await button(page, 'Create account').click();
  await expect(fieldError(page, 'email')).toBeVisible();
  await expect(page.locator('#email')).toHaveValue(`"><${script}`);
  await expect(page.locator('#nickname')).toHaveValue(`'"></p>${script}`);
  await expectInert(page);
});

test('text from the address is not shown', async ({ page }) => {
  for (const path of ['/login', '/register', '/', '/no/such/page']) {
    await page.goto(`${path}?error=injected&__err=injected&notice=injected&__path=injected&email=injected${encodeURIComponent(script)}`);
    await expect(page.locator('body')).not.toContainText('injected');
    await expectInert(page);
  }
});

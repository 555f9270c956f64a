// Without script nothing is offered that would need it.
import { register } from '../../support/pages.ts';
import { expect, test } from '../../support/test.ts';

test('there is no button to show a password and no strength', async ({ page, person }) => {
  for (const path of ['/register', '/login']) {
    await page.goto(path);
    await expect(page.locator('#password')).toBeVisible();
    await expect(page.locator('.password-field__toggle:visible')).toHaveCount(0);
    await expect(page.locator('.strength:visible')).toHaveCount(0);
  }
  await register(page, person);
  for (const path of ['/password', '/reset']) {
    await page.goto(path);
    await expect(page.locator('#new_password')).toBeVisible();
    await expect(page.locator('.password-field__toggle:visible')).toHaveCount(0);
    await expect(page.locator('.strength:visible')).toHaveCount(0);
  }
});

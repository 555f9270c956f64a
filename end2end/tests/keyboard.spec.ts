// Everything can be done without a mouse, in the order it is read.
import { expect, test } from '../support/test.ts';
import { register, signOut } from '../support/pages.ts';
import type { Page } from '@playwright/test';

const focused = (page: Page) => page.locator('*:focus');

/** From the top of the page over the skip link into the page's own part. */
async function skipToContent(page: Page) {
  await page.keyboard.press('Tab');
  await expect(focused(page)).toHaveText('Skip to content');
  await expect(focused(page)).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
}

/** One Tab on, to the field of that name. */
async function tabTo(page: Page, id: string) {
  await page.keyboard.press('Tab');
  await expect(page.locator(`#${id}`)).toBeFocused();
}

/** With script there is a button at each password that shows it: waits for it, so that it is there to pass. */
async function tabPastToggle(page: Page, javaScript: boolean) {
  if (!javaScript) return;
  await page.keyboard.press('Tab');
  await expect(focused(page)).toHaveClass(/password-field__toggle/);
}

test('register and sign in by keyboard alone', async ({ page, person, javaScriptEnabled }) => {
  const script = javaScriptEnabled !== false;
  await page.goto('/register');
  if (script) await expect(page.locator('.password-field__toggle')).toBeVisible();
  await skipToContent(page);
  await tabTo(page, 'email');
  await page.keyboard.type(person.email);
  await tabTo(page, 'nickname');
  await page.keyboard.type(person.nickname);
  await tabTo(page, 'password');
  await page.keyboard.type(person.password);
  await tabPastToggle(page, script);
  await page.keyboard.press('Tab');
  await expect(focused(page)).toHaveText('Create account');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/profile');

  await signOut(page);
  await page.goto('/login');
  if (script) await expect(page.locator('.password-field__toggle')).toBeVisible();
  await skipToContent(page);
  await tabTo(page, 'email');
  await page.keyboard.type(person.email);
  await tabTo(page, 'password');
  await page.keyboard.type(person.password);
  await tabPastToggle(page, script);
  await tabTo(page, 'remember');
  await page.keyboard.press('Space');
  await expect(page.locator('#remember')).toBeChecked();
  await page.keyboard.press('Tab');
  await expect(focused(page)).toHaveText('Sign in');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/profile');
});

test('Enter in a field sends the form', async ({ page, person }) => {
  await register(page, person);
  await signOut(page);
  await page.locator('#email').fill(person.email);
  await page.locator('#password').fill(person.password);
  await page.locator('#password').press('Enter');
  await expect(page).toHaveURL('/profile');
});

test('what has the focus is seen to have it', async ({ page }) => {
  await page.goto('/login');
  await page.keyboard.press('Tab');
  for (let stop = 0; stop < 9; stop++) {
    await page.keyboard.press('Tab');
    const outlined = await focused(page).evaluateAll((elements) =>
      elements.every((element) => {
        const style = getComputedStyle(element);
        return element === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none';
      }),
    );
    expect(outlined, `stop ${stop}`).toBe(true);
  }
});

// Taking one's data along, leaving for good, and thinking better of it.
import { readFile } from 'node:fs/promises';
import { button, errorSummary, fieldError, fill, notice, register, sendSignIn, signIn, told, warning } from '../support/pages.ts';
import { expect, test, type Person } from '../support/test.ts';
import type { Page } from '@playwright/test';

async function openAccount(page: Page) {
  await page.goto('/profile');
  await page.getByRole('main').getByRole('link', { name: 'Take your data, or delete your account' }).click();
  await expect(page).toHaveURL('/account');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your account');
}

async function download(page: Page): Promise<{ account: { email: string }; sessions: unknown[]; activity: { event: string }[] }> {
  const coming = page.waitForEvent('download');
  await button(page, 'Download my data').click();
  const file = await coming;
  expect(file.suggestedFilename()).toBe('my-data.json');
  return JSON.parse(await readFile(await file.path(), 'utf8'));
}

async function leave(page: Page, person: Person) {
  await openAccount(page);
  await fill(page, { current_password: person.password });
  await button(page, 'Delete my account').click();
  await expect(page).toHaveURL('/login');
  const sentence = 'You are signed out everywhere. Your account is deleted on …. If you sign in before then, it stays.';
  await expect(notice(page)).toHaveText(told(sentence));
}

test('all that is held comes as a file, and the page stays as it is', async ({ page, person }) => {
  await register(page, person);
  await openAccount(page);
  await fill(page, { current_password: person.password });
  const data = await download(page);
  expect(data.account.email).toBe(person.email);
  expect(data.sessions).toHaveLength(1);
  expect(data.activity.map(({ event }) => event)).toEqual(['data_exported', 'email_verification_requested', 'account_created']);
  expect(JSON.stringify(data)).not.toContain(person.password);
  await expect(page).toHaveURL('/account');

  // The buttons can be pressed again before long: once more, and then the other one.
  await expect(button(page, 'Download my data')).not.toHaveAttribute('aria-busy');
  expect((await download(page)).activity).toHaveLength(4);
  await expect(button(page, 'Download my data')).not.toHaveAttribute('aria-busy');
  await button(page, 'Delete my account').click();
  await expect(page).toHaveURL('/login');
});

test('Enter takes the data and deletes nothing', async ({ page, person }) => {
  await register(page, person);
  await openAccount(page);
  await fill(page, { current_password: person.password });
  const coming = page.waitForEvent('download');
  await page.locator('#current_password').press('Enter');
  expect((await coming).suggestedFilename()).toBe('my-data.json');
});

for (const name of ['Download my data', 'Delete my account']) {
  test(`a wrong password: ${name}`, async ({ page, person }) => {
    await register(page, person);
    await openAccount(page);
    await fill(page, { current_password: 'not the right one' });
    await button(page, name).click();
    await expect(page).toHaveURL('/account');
    await expect(errorSummary(page)).toBeFocused();
    await expect(fieldError(page, 'current_password')).toHaveText('The current password is not right.');
    await expect(page.locator('#current_password')).toHaveValue('');
    await page.goto('/profile');
    await expect(page).toHaveURL('/profile');
  });
}

test('who leaves is signed out everywhere, and signing in keeps the account', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const other = await elsewhere();
  await signIn(other, person);
  await leave(page, person);

  await other.goto('/profile');
  await expect(other).toHaveURL('/login?next=/profile');
  await expect(warning(other)).toContainText('for your account to be deleted. Sign in to keep it.');

  await sendSignIn(page, person);
  await expect(page).toHaveURL('/profile');
  await expect(notice(page)).toHaveText('Your account stays. It is not going to be deleted.');
  await page.reload();
  await expect(notice(page)).toHaveCount(0);
  // Nobody is told twice.
  await sendSignIn(other, person);
  await expect(other).toHaveURL('/profile');
  await expect(notice(other)).toHaveCount(0);
  await other.goto('/sessions');
  await expect(other.getByRole('main')).toContainText('Account kept, by signing in.');
});

test('each button says what it does to those who cannot see the page', async ({ page, person }) => {
  await register(page, person);
  await openAccount(page);
  await expect(button(page, 'Download my data')).toHaveAccessibleDescription(/^A file in JSON: /);
  await expect(button(page, 'Delete my account')).toHaveAccessibleDescription(/Seven days later your account is deleted\./);
});

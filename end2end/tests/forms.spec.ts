// Forms that are refused keep what was typed and say at the field what is wrong; fields carry what
// password managers and screen readers need.
import { button, errorSummary, failOn, fieldError, fill, notice, register, sendSignIn, signIn, signOut } from '../support/pages.ts';
import { expectPicture, file, portrait } from '../support/uploads.ts';
import { expect, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

/** Every field with an error says so to assistive technology, and its description exists. */
async function expectAnnounced(page: Page, name: string) {
  const field = page.locator(`#${name}`);
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(fieldError(page, name)).not.toBeEmpty();
  const described = ((await field.getAttribute('aria-describedby')) ?? '').split(/\s+/).filter(Boolean);
  expect(described).toContain(`${name}-error`);
  for (const id of described) await expect(page.locator(`[id="${id}"]`)).toHaveCount(1);
}

test('registering with bad values keeps them, except the password', async ({ page }) => {
  await page.goto('/register');
  await fill(page, { email: 'not an address', nickname: 'Ada "the first" <Lovelace> & co.', password: 'short' });
  await button(page, 'Create account').click();

  await expect(page).toHaveURL('/register');
  await expect(page.locator('#email')).toHaveValue('not an address');
  await expect(page.locator('#nickname')).toHaveValue('Ada "the first" <Lovelace> & co.');
  await expect(page.locator('#password')).toHaveValue('');
  await expectAnnounced(page, 'email');
  await expectAnnounced(page, 'password');
  await expect(page.locator('#nickname')).not.toHaveAttribute('aria-invalid', 'true');
});

test('a refused profile keeps what was typed and stores nothing', async ({ page, person }) => {
  await register(page, person);
  const typed = { nickname: 'x'.repeat(51), signature: 'kept while I mend the rest' };
  await fill(page, typed);
  await button(page, 'Save profile').click();

  await expect(errorSummary(page)).toBeVisible();
  for (const [name, value] of Object.entries(typed)) await expect(page.locator(`#${name}`)).toHaveValue(value);
  await expectAnnounced(page, 'nickname');
  await expect(page.locator('.identity')).toContainText(person.nickname);

  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${person.nickname}`);
});

test('a file that is no picture is refused at its field, and another one taken', async ({ page, person }) => {
  await register(page, person);
  const drawing = file('me.png', 'image/png', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
  await page.locator('#avatar').setInputFiles(drawing);
  await button(page, 'Upload picture').click();
  await expectAnnounced(page, 'avatar');
  await expect(fieldError(page, 'avatar')).toHaveText('The picture must be a PNG, JPEG or WebP file.');

  await page.locator('#avatar').setInputFiles(portrait());
  await button(page, 'Upload picture').click();
  await expect(notice(page)).toHaveText('Your picture is saved.');
  await expectPicture(page.locator('.identity img.avatar'));
  await button(page, 'Remove picture').click();
  await expect(notice(page)).toHaveText('Your picture is removed.');
  await expect(page.locator('.identity img')).toHaveCount(0);
});

test('a wrong current password is told at its field', async ({ page, person }) => {
  await register(page, person);
  await page.goto('/password');
  await fill(page, { current_password: 'not the right one', new_password: `${person.password} new` });
  await button(page, 'Change password').click();
  await expectAnnounced(page, 'current_password');
  await expect(page.locator('#current_password')).toHaveValue('');
  await expect(page.locator('#new_password')).toHaveValue('');
});

test('an unknown e-mail and a wrong password get the same answer', async ({ page, person }) => {
  await register(page, person);
  await signOut(page);
  const sentence = 'The e-mail or the password is not right.';

  await sendSignIn(page, { ...person, password: 'not the right one' });
  await expect(errorSummary(page)).toContainText(sentence);
  await expect(page.locator('#email')).toHaveValue(person.email);
  await expect(page.locator('#password')).toHaveValue('');

  await sendSignIn(page, { ...person, email: `nobody.${person.email}` });
  await expect(errorSummary(page)).toContainText(sentence);
  await expect(page.locator('#email')).toHaveValue(`nobody.${person.email}`);
});

test('an e-mail that has an account is told so, in whatever case it is typed', async ({ page, person }) => {
  await register(page, person);
  await signOut(page);
  await page.goto('/register');
  const typed = person.email.replace('example.com', 'EXAMPLE.com');
  await fill(page, { email: typed, nickname: 'Another', password: person.password });
  await button(page, 'Create account').click();
  await expect(fieldError(page, 'email')).toHaveText('There is an account with this e-mail already.');
  await expect(page.locator('#email')).toHaveValue(typed);
});

for (const path of ['/register', '/login', '/forgot'] as const) {
  test(`the error summary of ${path} has the focus and leads to the field`, async ({ page }) => {
    await failOn(page, path);
    await expect(errorSummary(page)).toBeFocused();
    await errorSummary(page).getByRole('link').first().click();
    await expect(page.locator('#email')).toBeFocused();
  });
}

test('the form for a code tells of everything that is wrong with it at once', async ({ page }) => {
  await page.goto('/reset');
  await fill(page, { email: 'not an address', new_password: 'short' });
  await button(page, 'Set the new password').click();
  await expect(errorSummary(page).getByRole('link')).toHaveCount(3);
  for (const name of ['email', 'code', 'new_password']) await expectAnnounced(page, name);
});

test('fields carry the tokens password managers go by', async ({ page, person }) => {
  const expectTokens = async (path: string, tokens: Record<string, string>) => {
    await page.goto(path);
    for (const [name, token] of Object.entries(tokens)) {
      await expect(page.locator(`#${name}`)).toHaveAttribute('autocomplete', token);
      await expect(page.locator(`#${name}`)).toHaveAttribute('name', name);
    }
  };
  await expectTokens('/register', { email: 'username', nickname: 'nickname', password: 'new-password' });
  await expectTokens('/login', { email: 'username', password: 'current-password' });
  await expectTokens('/forgot', { email: 'username' });
  await expectTokens('/reset', { email: 'username', code: 'one-time-code', new_password: 'new-password' });
  await register(page, person);
  await expectTokens('/password', { current_password: 'current-password', new_password: 'new-password' });
  await expectTokens('/email', { email: 'email', current_password: 'current-password' });
  await expectTokens('/account', { current_password: 'current-password' });
  await expect(page.locator('form[action="/action/export_data"] input[autocomplete=username]')).toHaveValue(person.email);
  await page.goto('/password');
  // A manager stores the new password under this name.
  await expect(page.locator('form[action="/action/change_password"] input[autocomplete=username]')).toHaveValue(person.email);
  await expectTokens('/profile', { nickname: 'nickname' });
});

test('every field has a visible label, and hints are tied to their field', async ({ page, person }) => {
  const expectLabels = async (path: string, labels: Record<string, string>) => {
    await page.goto(path);
    for (const [label, name] of Object.entries(labels)) {
      await expect(page.getByLabel(label, { exact: true })).toHaveAttribute('id', name);
      await expect(page.locator(`label[for="${name}"]`)).toBeVisible();
    }
    for (const hint of await page.locator('.field__hint').all()) {
      const id = await hint.getAttribute('id');
      await expect(page.locator(`[aria-describedby~="${id}"]`)).toHaveCount(1);
    }
  };
  await expectLabels('/register', { 'E-mail': 'email', Nickname: 'nickname', Password: 'password' });
  await expectLabels('/login', {
    'E-mail': 'email',
    Password: 'password',
    'Keep me signed in on this device': 'remember',
  });
  await expectLabels('/forgot', { 'E-mail': 'email' });
  await expectLabels('/reset', { 'E-mail': 'email', Code: 'code', 'New password': 'new_password' });
  await register(page, person);
  await expectLabels('/profile', { Nickname: 'nickname', Signature: 'signature', 'A new picture': 'avatar' });
  await expectLabels('/password', { 'Current password': 'current_password', 'New password': 'new_password' });
  await expectLabels('/email', {
    'New e-mail': 'email',
    'Current password': 'current_password',
    'Tell me when I sign in from a new device': 'new_device',
  });
  await expectLabels('/account', { 'Current password': 'current_password' });
});

test.describe('a double click on the button', () => {
  test('signs in once', async ({ page, person }) => {
    await register(page, person);
    await signOut(page);
    await fill(page, { email: person.email, password: person.password });
    await button(page, 'Sign in').dblclick();
    await expect(page).toHaveURL('/profile');
    await expect(page.locator('.identity')).toContainText(person.email);
  });

  test('saves the profile once', async ({ page, person }) => {
    await register(page, person);
    await fill(page, { signature: 'saved once' });
    await button(page, 'Save profile').dblclick();
    await expect(notice(page)).toHaveText('Your profile is saved.');
    await expect(page.locator('#signature')).toHaveValue('saved once');
  });

  test('registers one account', async ({ page, person }) => {
    await page.goto('/register');
    await fill(page, { email: person.email, nickname: person.nickname, password: person.password });
    await button(page, 'Create account').dblclick();
    // The second request may be answered first (welcome) or last (the account is there already).
    await expect(notice(page).or(fieldError(page, 'email'))).toBeVisible();
    await page.context().clearCookies();
    await signIn(page, person);
  });
});

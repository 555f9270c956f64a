// The whole way of one person: register, edit, leave, come back, change the password.
import { button, errorSummary, fill, notice, register, sendSignIn, signIn, signOut } from '../support/pages.ts';
import { expectPicture, portrait } from '../support/uploads.ts';
import { expect, test } from '../support/test.ts';

test('register, edit the profile, sign out and in, change the password', async ({ page, person }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your front door');
  await page.getByRole('main').getByRole('link', { name: 'Create an account' }).click();

  await expect(page).toHaveURL('/register');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Create your account');
  await fill(page, { email: person.email, nickname: person.nickname, password: person.password });
  await button(page, 'Create account').click();

  await expect(page).toHaveURL('/profile');
  await expect(notice(page)).toHaveText('Welcome. Your account is ready.');
  const identity = page.locator('.identity');
  await expect(identity).toContainText(person.nickname);
  await expect(identity).toContainText(person.email);
  await expect(identity).toContainText('Member since');
  await expect(identity.locator('.avatar--initials')).toBeVisible();

  const profile = {
    nickname: 'Countess of Lovelace',
    signature: 'That brain of mine\nis something more than merely mortal.',
  };
  await fill(page, profile);
  await button(page, 'Save profile').click();
  await expect(notice(page)).toHaveText('Your profile is saved.');
  await expect(identity).toContainText(profile.nickname);
  await expect(identity).toContainText('is something more than merely mortal.');

  // Larger than any other form may be, so that it also shows what a proxy lets through.
  await page.locator('#avatar').setInputFiles(portrait());
  await button(page, 'Upload picture').click();
  await expect(notice(page)).toHaveText('Your picture is saved.');
  await expectPicture(identity.locator('img.avatar'));

  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${profile.nickname}`);
  await expect(page.getByRole('main')).toContainText(`Signed in as ${person.email}`);

  await signOut(page);
  await expect(notice(page)).toHaveText('You are signed out.');

  await signIn(page, person);
  for (const [name, value] of Object.entries(profile)) {
    await expect(page.locator(`#${name}`)).toHaveValue(value);
  }

  const newPassword = `${person.password} and nine more`;
  await page.getByRole('navigation').getByRole('link', { name: 'Password' }).click();
  await expect(page).toHaveURL('/password');
  await fill(page, { current_password: person.password, new_password: newPassword });
  await button(page, 'Change password').click();
  await expect(notice(page)).toHaveText('Your password is changed. Every other session was ended.');

  await signOut(page);
  await sendSignIn(page, person);
  await expect(errorSummary(page)).toContainText('The e-mail or the password is not right.');
  await sendSignIn(page, { ...person, password: newPassword });
  await expect(page).toHaveURL('/profile');
});

test('changing the password ends the sessions elsewhere, not this one', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const other = await elsewhere();
  await signIn(other, person);

  await page.goto('/password');
  await fill(page, { current_password: person.password, new_password: `${person.password} changed` });
  await button(page, 'Change password').click();
  await expect(notice(page)).toHaveText('Your password is changed. Every other session was ended.');

  await page.goto('/profile');
  await expect(page).toHaveURL('/profile');
  await other.goto('/profile');
  await expect(other).toHaveURL('/login?next=/profile');
});

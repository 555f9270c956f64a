// Where an address is proved before anybody signs in with it (VESTIBULE_REGISTRATION=verified).
import {
  button,
  errorSummary,
  expectHeading,
  fieldError,
  fill,
  notice,
  sendSignIn,
  signIn,
  signOut,
  subjects,
} from '../support/pages.ts';
import { expect, test, type Person } from '../support/test.ts';
import type { Page } from '@playwright/test';

test.use({ mail: true, settings: { VESTIBULE_REGISTRATION: 'verified' } });

const sent = 'A letter is on its way. Its link is good for 72 hours.';

async function askForAccount(page: Page, { email, nickname, password }: Person) {
  await page.goto('/register');
  await fill(page, { email, nickname, password });
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/verify');
  await expectHeading(page, 'A letter is on its way');
  await expect(notice(page)).toHaveText(sent);
}

test('whoever registers is let in by the letter, and not before', async ({ page, person, letters }) => {
  await askForAccount(page, person);
  await expect(page.getByRole('button', { name: 'Sign out' })).toHaveCount(0);
  await page.goto('/profile');
  await expect(page).toHaveURL('/login?next=/profile');
  const first = await letters.next(person.email, subjects.confirm);

  await sendSignIn(page, { ...person, password: 'not the right one' });
  await expect(errorSummary(page)).toContainText('The e-mail or the password is not right.');
  await sendSignIn(page, person);
  await expect(page).toHaveURL('/verify');
  await expect(errorSummary(page)).toContainText('Confirm your e-mail first: a letter is on its way to it.');
  await expect(page.getByRole('button', { name: 'Sign out' })).toHaveCount(0);
  const second = await letters.next(person.email, subjects.confirm);
  expect(await letters.count(person.email, subjects.confirm), 'a wrong password sends none').toBe(2);

  await page.goto(first.link);
  await expectHeading(page, 'This link is good no more');
  await page.goto(second.link);
  await expectHeading(page, 'Confirm your e-mail');
  await fill(page, { password: 'not the right one' });
  await button(page, 'Confirm and sign in').click();
  await expect(fieldError(page, 'password')).toBeVisible();
  await fill(page, { password: person.password });
  await button(page, 'Confirm and sign in').click();
  await expect(page).toHaveURL('/profile');
  await expect(notice(page)).toHaveText('Your e-mail is confirmed.');
  await signOut(page);
  await signIn(page, person);
});

test('an address that has an account looks like any other, and its owner gets the truth', async ({ page, person, elsewhere, letters }) => {
  const other = await elsewhere();
  const again = { ...person, nickname: 'Somebody', password: 'umber lantern quorum 77' };
  await askForAccount(page, person);
  const free = await page.getByRole('main').ariaSnapshot();
  const { link } = await letters.next(person.email, subjects.confirm);
  await askForAccount(other, again);
  expect(await other.getByRole('main').ariaSnapshot(), 'not yet confirmed').toBe(free);
  await letters.next(person.email, subjects.inUse);
  // The letter of the first is good all the same.
  await page.goto(link);
  await fill(page, { password: person.password });
  await button(page, 'Confirm and sign in').click();
  await expect(page).toHaveURL('/profile');

  await askForAccount(other, again);
  expect(await other.getByRole('main').ariaSnapshot(), 'confirmed').toBe(free);
  const letter = await letters.next(person.email, subjects.inUse);
  expect(letter.text).toContain('It has one already: sign in with it, or choose a new password for it.');
  await other.goto(letter.link);
  await expectHeading(other, 'Choose a new password');
  // Nothing of the account has changed.
  await page.goto('/profile');
  await expect(page.locator('.identity')).toContainText(person.nickname);
  await signOut(page);
  await signIn(page, person);
});

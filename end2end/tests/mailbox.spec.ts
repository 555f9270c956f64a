// Where no mail goes out, a developer reads the letters on a page.
import { button, fill, notice, openMailbox, register, signIn, signOut, subjects } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test('a letter is asked for, read on the page of letters, and its link followed', async ({ page, person }) => {
  await register(page, person);
  await signOut(page);
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await fill(page, { email: person.email });
  await button(page, 'Send the letter').click();
  await expect(page).toHaveURL('/reset');
  await expect(page.getByRole('main')).toContainText('No mail goes out of this machine.');
  await page.getByRole('main').getByRole('link', { name: 'Development mailbox' }).click();

  await expect(page).toHaveURL('/mailbox');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Development mailbox');
  const letter = await openMailbox(page, person.email, subjects.reset);
  // In the account's language, which need not be the page's.
  await expect(letter).toHaveAttribute('lang', 'en');
  await expect(letter.locator('.letter__code')).toHaveText(/^\d{6}$/);
  await letter.getByRole('link', { name: 'Choose a new password' }).click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Choose a new password');
  await expect(page.getByRole('main')).toContainText(`For ${person.email}.`);
  const password = 'umber lantern quorum 77';
  await fill(page, { new_password: password });
  await button(page, 'Set the new password').click();
  await expect(page).toHaveURL('/login');
  await expect(notice(page)).toHaveText('Your new password is set, and every session was ended. Sign in with it.');
  await signIn(page, { ...person, password });

  const news = await openMailbox(page, person.email, subjects.changed);
  await news.getByRole('link', { name: 'This was not me' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This was not you?');
});

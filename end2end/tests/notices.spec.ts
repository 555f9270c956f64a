// Whoever signs in from a new device is told so by letter, unless they do not want to be.
import {
  browsers,
  button,
  expectEndedAtNextClick,
  expectHeading,
  expectKeptOut,
  fill,
  notice,
  register,
  signIn,
  signOut,
  subjects,
  told,
  warning,
} from '../support/pages.ts';
import { expect, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

// Letters and pages say which browser it was.
test.use({ mail: true, userAgent: browsers['Firefox on Windows'] });

test('a sign-in from a new browser is told, and "This was not me" ends it', async ({ page, person, elsewhere, letters, server }) => {
  await register(page, person);
  // Where somebody registered they are known.
  await signOut(page);
  await signIn(page, person);
  const thief = await elsewhere({ userAgent: browsers['Safari on iPhone'] });
  await signIn(thief, person);
  const letter = await letters.next(person.email, subjects.device);
  expect(letter.text).toContain(`Somebody signed in to your account at ${server.origin} with your password`);
  expect(letter.text).toContain('from Safari on iPhone');
  expect(letter.code).toBeUndefined();
  // From now on it is known too: of the next one comes the next letter.
  await signOut(thief);
  await signIn(thief, person);
  const other = await elsewhere({ userAgent: browsers['Firefox on Windows'] });
  await signIn(other, person);
  expect((await letters.next(person.email, subjects.device)).text).toContain('from Firefox on Windows');
  expect(await letters.count(person.email, subjects.device)).toBe(2);

  await page.goto(letter.link);
  await expectHeading(page, 'This was not you?');
  await thief.goto('/profile');
  await expect(thief, 'to look at it changes nothing').toHaveURL('/profile');
  await page.goto(letter.link);
  await button(page, 'End all sessions').click();
  await expectHeading(page, 'Choose a new password');
  // It was this browser's too, and whoever ended it need not be warned of that.
  await expect(page.getByRole('button', { name: 'Sign out' })).toHaveCount(0);
  await expect(warning(page)).toHaveCount(0);
  await page.goto('/login');
  await expect(warning(page)).toHaveCount(0);
  await expectEndedAtNextClick(thief, told('This session was ended at ….'));
  await expectKeptOut(thief, person.email, person.password);
});

async function want(page: Page, letters: boolean) {
  await page.goto('/email');
  const box = page.getByRole('checkbox', { name: 'Tell me when I sign in from a new device' });
  await expect(box).toBeChecked({ checked: !letters });
  await box.setChecked(letters);
  await button(page, 'Save').click();
  await expect(page).toHaveURL('/email');
  await expect(notice(page)).toHaveText('Your choice is saved.');
  await expect(box).toBeChecked({ checked: letters });
}

test('who does not want these letters gets none, and can want them again', async ({ page, person, elsewhere, letters }) => {
  await register(page, person);
  await want(page, false);
  await signIn(await elsewhere({ userAgent: browsers['Safari on iPhone'] }), person);
  // What is worse is told all the same; and by then the other letter would be there.
  const password = `${person.password} changed`;
  await page.goto('/password');
  await fill(page, { current_password: person.password, new_password: password });
  await button(page, 'Change password').click();
  await expect(notice(page)).toBeVisible();
  await letters.next(person.email, subjects.changed);
  expect(await letters.count(person.email, subjects.device)).toBe(0);

  await want(page, true);
  await signIn(await elsewhere({ userAgent: browsers['Safari on iPhone'] }), { ...person, password });
  expect((await letters.next(person.email, subjects.device)).text).toContain('from Safari on iPhone');
});

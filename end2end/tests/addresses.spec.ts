// Whose an address is: proved by the link of a letter, taken back from whoever registered with it, changed with a way back.
import {
  browsers,
  button,
  expectEndedAtNextClick,
  expectHeading,
  expectKeptOut,
  expectLetIn,
  fieldError,
  fill,
  notice,
  register,
  signOut,
  subjects,
  told,
} from '../support/pages.ts';
import { startStranger } from '../support/stranger.ts';
import { expect, newPerson, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

// Letters say which browser it was.
test.use({ mail: true, userAgent: browsers['Firefox on Windows'] });

const newPassword = 'umber lantern quorum 77';
const unconfirmed = 'Your e-mail is not confirmed yet.';
const isConfirmed = 'Your e-mail is confirmed.';
const sent = 'A letter is on its way. Its link is good for 72 hours.';
const sentToNew = 'A letter is on its way to the new e-mail. Its link is good for 24 hours.';
const isDisowned = 'Every session is ended, and the old password counts no more. Choose a new one.';
const isChanged = 'Your new e-mail is in use. The old one gets a letter, with a way back for 72 hours.';

/** Whether the profile says of its address that it is not proved. */
async function expectConfirmed(page: Page, confirmed: boolean) {
  await page.goto('/profile');
  await expectHeading(page, 'Your profile');
  await expect(page.getByText(unconfirmed)).toHaveCount(confirmed ? 0 : 1);
}

async function askForChange(page: Page, email: string, password: string) {
  await page.goto('/email');
  await fill(page, { email, current_password: password });
  await button(page, 'Send a letter to the new e-mail').click();
  await expect(page).toHaveURL('/email');
}

/** Of an account whose sessions are over: a new password, with which one is let in. */
async function chooseAnother(page: Page, email: string) {
  await expectHeading(page, 'Choose a new password');
  await expect(notice(page)).toHaveText(isDisowned);
  await expect(page.getByRole('main')).toContainText(`For ${email}.`);
  await fill(page, { new_password: newPassword });
  await button(page, 'Set the new password').click();
  await expect(page).toHaveURL('/login');
  await expectLetIn(page, email, newPassword);
}

test('whoever is signed in confirms by the link of the letter', async ({ page, person, letters, server }) => {
  await register(page, person);
  await expect(page.getByRole('main')).toContainText(unconfirmed);
  await page.getByRole('main').getByRole('link', { name: 'Confirm it' }).click();
  await expect(page).toHaveURL('/email');
  await expectHeading(page, 'Your e-mail');
  await expect(page.getByRole('main')).toContainText(`You sign in with ${person.email}.`);
  await expect(page.getByRole('main')).toContainText('It is not confirmed yet.');

  const letter = await letters.next(person.email, subjects.confirm);
  expect(letter.text).toContain(`An account at ${server.origin} was created with this e-mail.`);
  expect(letter.text).toContain('from Firefox on Windows');
  expect(letter.code).toBeUndefined();
  // To look at it uses up nothing, and confirms nothing: programs that look into mail do.
  for (let turn = 0; turn < 2; turn++) {
    await page.goto(letter.link);
    await expectHeading(page, 'Confirm your e-mail');
    await expect(page.getByRole('main')).toContainText(`Is ${person.email} yours?`);
    await expect(page.locator('#password'), 'it was given already').toHaveCount(0);
  }
  await expectConfirmed(page, false);

  await page.goto(letter.link);
  await button(page, 'Confirm').click();
  await expect(page).toHaveURL('/profile');
  await expect(notice(page)).toHaveText(isConfirmed);
  await expectConfirmed(page, true);
  await page.goto('/email');
  await expect(button(page, 'Send a letter to the new e-mail')).toBeVisible();
  await expect(button(page, 'Send the letter again'), 'there is nothing left to confirm').toHaveCount(0);
  await page.goto(letter.link);
  await expectHeading(page, 'This link is good no more');
});

test('in another browser it takes the password, which signs one in', async ({ page, person, elsewhere, letters }) => {
  await register(page, person);
  const { link } = await letters.next(person.email, subjects.confirm);
  const other = await elsewhere();
  await other.goto(link);
  for (const [password, sentence] of [
    ['', 'Enter a password.'],
    ['not the right one', 'The current password is not right.'],
  ] as const) {
    await fill(other, { password });
    await button(other, 'Confirm and sign in').click();
    await expect(other).toHaveURL(link);
    await expect(fieldError(other, 'password')).toHaveText(sentence);
    await expect(other.locator('#password')).toHaveAttribute('aria-invalid', 'true');
    await expect(other.locator('#password')).toHaveValue('');
  }
  await expectConfirmed(page, false);
  await other.goto(link);
  await fill(other, { password: person.password });
  await button(other, 'Confirm and sign in').click();
  await expect(other).toHaveURL('/profile');
  await expect(notice(other)).toHaveText(isConfirmed);
  await expect(other.locator('.identity')).toContainText(person.email);
  await expectConfirmed(page, true);
});

test('from a web mailer, whoever is signed in needs no password', async ({ page, person, letters, server }) => {
  await register(page, person);
  const { link } = await letters.next(person.email, subjects.confirm);
  const mailer = await startStranger(`<!doctype html><title>Your mail</title><p><a href="${link}">Confirm this e-mail</a></p>`);
  // The other name of the loopback, so that it is another site, from which a browser brings no cookies of ours.
  await page.goto(mailer.origin(new URL(server.origin).hostname === 'localhost' ? '127.0.0.1' : 'localhost'));
  await page.getByRole('link', { name: 'Confirm this e-mail' }).click();
  await expectHeading(page, 'Confirm your e-mail');
  await expect(page).toHaveURL(link);
  await button(page, 'Confirm').click();
  await expect(page).toHaveURL('/profile');
  await expect(notice(page)).toHaveText(isConfirmed);
  await mailer.close();
});

test("somebody else's session confirms nothing", async ({ page, person, elsewhere, letters }) => {
  await register(page, person);
  const { link } = await letters.next(person.email, subjects.confirm);
  const stranger = await elsewhere();
  await register(stranger, newPerson());
  await stranger.goto(link);
  await expect(button(stranger, 'Confirm'), 'without the password').toHaveCount(0);
  await button(stranger, 'Confirm and sign in').click();
  await expect(fieldError(stranger, 'password')).toBeVisible();
  await expectConfirmed(page, false);
});

test('whoever did not create the account makes it theirs, and who did is out', async ({ page, person, elsewhere, letters }) => {
  await register(page, person);
  const { link, text } = await letters.next(person.email, subjects.confirm);
  expect(text).toContain('If you did not create the account, open the link all the same');
  const owner = await elsewhere({ userAgent: browsers['Safari on iPhone'] });
  await owner.goto(link);
  await expect(owner.getByRole('heading', { name: 'You did not create this account?' })).toBeVisible();
  await button(owner, 'Make it mine').click();
  await chooseAnother(owner, person.email);
  await expectConfirmed(owner, true);

  await expectEndedAtNextClick(page, told('This session was ended at ….'));
  await expectKeptOut(page, person.email, person.password);
  await owner.goto(link);
  await expectHeading(owner, 'This link is good no more');
});

test('another letter takes the place of the one before', async ({ page, person, letters }) => {
  await register(page, person);
  const first = await letters.next(person.email, subjects.confirm);
  await page.goto('/email');
  await button(page, 'Send the letter again').click();
  await expect(page).toHaveURL('/email');
  await expect(notice(page)).toHaveText(sent);
  const second = await letters.next(person.email, subjects.confirm);
  await page.goto(first.link);
  await expectHeading(page, 'This link is good no more');
  await page.goto(second.link);
  await button(page, 'Confirm').click();
  await expect(notice(page)).toHaveText(isConfirmed);
});

test('an address is changed by a letter to the new one, and brought back by a letter to the old one', async ({
  page,
  person,
  elsewhere,
  letters,
}) => {
  await register(page, person);
  const changed = newPerson().email;
  await page.getByRole('main').getByRole('link', { name: 'Your e-mail' }).click();
  for (const [email, password, field, sentence] of [
    [changed, 'not the right one', 'current_password', 'The current password is not right.'],
    ['not an address', person.password, 'email', 'Enter an e-mail address such as name@example.org.'],
    [person.email, person.password, 'email', 'This is what you use already.'],
  ] as const) {
    await askForChange(page, email, password);
    await expect(fieldError(page, field)).toHaveText(sentence);
    await expect(page.locator(`#${field}`)).toHaveAttribute('aria-invalid', 'true');
    await expect(page.locator('#email')).toHaveValue(email);
    await expect(page.locator('#current_password')).toHaveValue('');
  }
  await askForChange(page, changed, person.password);
  await expect(notice(page)).toHaveText(sentToNew);
  const letter = await letters.next(changed, subjects.confirm);
  expect(letter.text).toContain('wants to use this e-mail for their account');
  expect(await letters.count(changed), 'what was refused sent nothing').toBe(1);
  await expect(page.getByRole('main')).toContainText(`You sign in with ${person.email}.`);

  // Opened where nobody is signed in: who reads the mail there need not be who knows the password, which was given already.
  const telephone = await elsewhere({ userAgent: browsers['Safari on iPhone'] });
  for (let turn = 0; turn < 2; turn++) {
    await telephone.goto(letter.link);
    await expectHeading(telephone, 'Confirm your new e-mail');
    await expect(telephone.getByRole('main')).toContainText(`${changed} is to take the place of ${person.email}.`);
  }
  await button(telephone, 'Use this e-mail').click();
  await expect(telephone).toHaveURL('/login');
  await expect(notice(telephone)).toHaveText(isChanged);
  await expect(telephone.getByRole('button', { name: 'Sign out' })).toHaveCount(0);
  await page.goto('/profile');
  await expect(page.locator('.identity'), 'the session goes on').toContainText(changed);
  await expectConfirmed(page, true);
  await expectKeptOut(telephone, person.email, person.password);
  await expectLetIn(telephone, changed, person.password);
  await telephone.goto(letter.link);
  await expectHeading(telephone, 'This link is good no more');

  // It was a thief, says whoever reads the old mailbox.
  const news = await letters.next(person.email, subjects.moved);
  expect(news.text).toContain('has another e-mail now. This one does not open it any more.');
  const owner = await elsewhere();
  await owner.goto(news.link);
  await expectHeading(owner, 'Take your e-mail back');
  await expect(owner.getByRole('main')).toContainText(`${person.email} becomes the e-mail of your account again.`);
  await page.goto('/profile');
  await expect(page, 'to look at it changes nothing').toHaveURL('/profile');
  await button(owner, 'Take it back').click();
  await chooseAnother(owner, person.email);
  await expectEndedAtNextClick(page, told('This session was ended at ….'));
  await expectKeptOut(page, changed, person.password);
  await expectKeptOut(page, person.email, person.password);
  await owner.goto(news.link);
  await expectHeading(owner, 'This link is good no more');
});

test('where one is signed in, the link of the new address leads back to the page of it', async ({ page, person, letters }) => {
  await register(page, person);
  const changed = newPerson().email;
  await askForChange(page, changed, person.password);
  await page.goto((await letters.next(changed, subjects.confirm)).link);
  await button(page, 'Use this e-mail').click();
  await expect(page).toHaveURL('/email');
  await expect(notice(page)).toHaveText(isChanged);
  await expect(page.getByRole('main')).toContainText(`You sign in with ${changed}.`);
});

test('an address that has an account is told so itself, and nobody else', async ({ page, person, elsewhere, letters }) => {
  const owner = newPerson();
  await register(await elsewhere(), owner);
  await register(page, person);
  await askForChange(page, owner.email, person.password);
  await expect(notice(page)).toHaveText(sentToNew);
  const letter = await letters.next(owner.email, subjects.inUse);
  expect(letter.text).toContain('It has one already');
});

test("the language and the looks are chosen on a letter's page without losing it", async ({ page, person, elsewhere, letters }) => {
  await register(page, person);
  const { link } = await letters.next(person.email, subjects.confirm);
  const other = await elsewhere();
  await other.goto(link);
  await other.getByRole('button', { name: 'Dark', exact: true }).click();
  await expect(other.getByRole('button', { name: 'Dark', exact: true })).toHaveAttribute('aria-current', 'true');
  await expect(other).toHaveURL(link);
  await expectHeading(other, 'Confirm your e-mail');
  await other.getByRole('button', { name: '简体中文' }).click();
  await expectHeading(other, '确认电子邮箱');
  await expect(other).toHaveURL(link);
  await fill(other, { password: person.password });
  await button(other, '确认并登录').click();
  await expect(other).toHaveURL('/profile');
  await expect(notice(other)).toHaveText('您的电子邮箱已确认。');
  await signOut(page);
});

// Forgotten passwords, and "this was not me": what becomes of the letters that go out, read as their readers read them.
import {
  askForLetter,
  browsers,
  button,
  errorSummary,
  expectEndedAtNextClick,
  expectHeading,
  expectKeptOut,
  expectLetIn,
  fieldError,
  fill,
  notice,
  register,
  sendSignIn,
  signIn,
  signOut,
  subjects,
  told,
} from '../support/pages.ts';
import { startStranger } from '../support/stranger.ts';
import { expect, newPerson, test } from '../support/test.ts';
import type { Letter } from '../support/mail.ts';
import type { Page } from '@playwright/test';

// Letters and pages say which browser it was.
test.use({ mail: true, userAgent: browsers['Firefox on Windows'] });

const newPassword = 'umber lantern quorum 77';
const sent = 'If that e-mail has an account, a letter is on its way to it. It is good for 30 minutes.';
const wrongCode = 'This is not the code from the newest letter, or it is good no more.';
const isSet = 'Your new password is set, and every session was ended. Sign in with it.';

async function setPassword(page: Page, password: string) {
  await fill(page, { new_password: password });
  await button(page, 'Set the new password').click();
}

/** At the sign-in form, signed in nowhere, with the address filled in. */
async function expectSet(page: Page, email: string) {
  await expect(page).toHaveURL('/login');
  await expect(notice(page)).toHaveText(isSet);
  await expect(page.locator('#email')).toHaveValue(email);
}

const byNewPassword = told('You were signed out here because your password was changed at ….');

test('a forgotten password is replaced by the link in a letter', async ({ page, person, elsewhere, letters, server }) => {
  await register(page, person);
  const other = await elsewhere({ userAgent: browsers['Safari on iPhone'] });
  await signIn(other, person);
  await signOut(page);

  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await expect(page).toHaveURL('/forgot');
  await expectHeading(page, 'Forgot your password?');
  await fill(page, { email: person.email });
  await button(page, 'Send the letter').click();
  await expect(page).toHaveURL('/reset');
  await expect(notice(page)).toHaveText(sent);
  await expect(page.locator('#email')).toHaveValue(person.email);

  const letter = await letters.next(person.email, subjects.reset);
  expect(letter.text).toContain(`for your account at ${server.origin}.`);
  expect(letter.text).toContain('from Firefox on Windows');
  // To look at it uses up nothing: programs that look into mail do, and people who look twice.
  for (let turn = 0; turn < 2; turn++) {
    await page.goto(letter.link);
    await expectHeading(page, 'Choose a new password');
    await expect(page.getByRole('main')).toContainText(`For ${person.email}.`);
  }
  await other.goto('/profile');
  await expect(other).toHaveURL('/profile');

  await setPassword(page, 'short');
  await expect(page).toHaveURL(letter.link);
  await expect(fieldError(page, 'new_password')).toHaveText('Use at least 12 characters.');
  await expect(page.locator('#new_password')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('#new_password')).toHaveValue('');
  await setPassword(page, newPassword);
  await expectSet(page, person.email);

  await expectEndedAtNextClick(other, byNewPassword);
  await sendSignIn(page, person);
  await expect(errorSummary(page)).toContainText('The e-mail or the password is not right.');
  await sendSignIn(page, { ...person, password: newPassword });
  await expect(page).toHaveURL('/profile');

  const news = await letters.next(person.email, subjects.changed);
  expect(news.text).toContain('was replaced by way of a letter to you, and every session of it ended.');
  expect(news.code).toBeUndefined();
});

test('the code in the letter does as well, and a wrong one is told at its field', async ({ page, person, elsewhere, letters }) => {
  await register(page, person);
  const other = await elsewhere();
  await askForLetter(other, person.email);
  const { code, link } = await letters.next(person.email, subjects.reset);
  expect(code).toMatch(/^\d{6}$/);
  const wrong = code === '000000' ? '000001' : '000000';

  await fill(other, { code: wrong, new_password: newPassword });
  await button(other, 'Set the new password').click();
  await expect(other).toHaveURL('/reset');
  await expect(fieldError(other, 'code')).toHaveText(wrongCode);
  await expect(other.locator('#code')).toHaveAttribute('aria-invalid', 'true');
  await expect(other.locator('#email')).toHaveValue(person.email);
  await expect(other.locator('#code')).toHaveValue(wrong);
  await expect(other.locator('#new_password')).toHaveValue('');

  // As it is read aloud, in groups.
  await fill(other, { code: ` ${code?.slice(0, 3)} ${code?.slice(3)}`, new_password: newPassword });
  await button(other, 'Set the new password').click();
  await expectSet(other, person.email);
  await expectEndedAtNextClick(page, byNewPassword);
  await expectLetIn(page, person.email, newPassword);
  // The link is the same letter's.
  await other.goto(link);
  await expectHeading(other, 'This link is good no more');
});

test('an address without an account gets the same page, and no letter', async ({
  page,
  person,
  elsewhere,
  letters,
  javaScriptEnabled,
}) => {
  await register(page, person);
  const unknown = `nobody.${person.email}`;
  const other = await elsewhere();
  const pageFor = async (email: string) => {
    await askForLetter(other, email);
    await expect(notice(other)).toHaveText(sent);
    await expect(other.locator('#email')).toHaveValue(email);
    // With script it comes a moment later than the page.
    if (javaScriptEnabled !== false) await expect(button(other, 'Show new password')).toBeVisible();
    return (await other.getByRole('main').ariaSnapshot()).replaceAll(email, 'EMAIL');
  };
  expect(await pageFor(unknown)).toBe(await pageFor(person.email));
  await fill(other, { email: unknown, code: '000000', new_password: newPassword });
  await button(other, 'Set the new password').click();
  await expect(fieldError(other, 'code')).toHaveText(wrongCode);
  // It was asked for later: by now the other one would be there.
  await letters.next(person.email, subjects.reset);
  expect(await letters.count(unknown)).toBe(0);
});

test('a used link says so, and offers another letter', async ({ page, person, letters }) => {
  await register(page, person);
  await signOut(page);
  await askForLetter(page, person.email);
  const { link } = await letters.next(person.email, subjects.reset);
  const tab = await page.context().newPage();
  await tab.goto(link);
  await page.goto(link);
  await setPassword(page, newPassword);
  await expectSet(page, person.email);

  // From the tab that was open, and from the letter.
  await setPassword(tab, 'cedar anchor violet 19');
  await expectHeading(tab, 'This link is good no more');
  await page.goto(link);
  await expectHeading(page, 'This link is good no more');
  await expect(page.getByRole('main')).toContainText('It was used, or a newer letter has replaced it, or its time is over.');
  await expectLetIn(page, person.email, newPassword);

  await tab.getByRole('main').getByRole('link', { name: 'Ask for another letter' }).click();
  await expect(tab).toHaveURL('/forgot');
  await fill(tab, { email: person.email });
  await button(tab, 'Send the letter').click();
  await expect(notice(tab)).toHaveText(sent);
  const another = await letters.next(person.email, subjects.reset);
  await tab.goto(another.link);
  await expectHeading(tab, 'Choose a new password');
});

test('whoever it was not ends all sessions and chooses a new password', async ({ page, person, elsewhere, letters }) => {
  await register(page, person);
  const thief = await elsewhere({ userAgent: browsers['Safari on iPhone'] });
  await signIn(thief, person);
  await thief.goto('/password');
  const stolen = 'now it is mine alone';
  await fill(thief, { current_password: person.password, new_password: stolen });
  await button(thief, 'Change password').click();
  await expect(notice(thief)).toContainText('Your password is changed.');

  const letter = await letters.next(person.email, subjects.changed);
  expect(letter.text).toContain('from Safari on iPhone');
  await page.goto(letter.link);
  await expectHeading(page, 'This was not you?');
  await thief.goto('/profile');
  await expect(thief, 'to look at it changes nothing').toHaveURL('/profile');

  await button(page, 'End all sessions').click();
  await expectHeading(page, 'Choose a new password');
  await expect(notice(page)).toHaveText('Every session is ended, and the old password counts no more. Choose a new one.');
  await expectEndedAtNextClick(thief, told('This session was ended at ….'));
  await expectKeptOut(thief, person.email, stolen);
  await expectKeptOut(thief, person.email, person.password);

  // Whoever closed the page finds it again in the mailbox.
  const again = await letters.next(person.email, subjects.reset);
  expect(again.text).toContain('You said that it was not you.');
  // That is said to those who asked for a letter, and may not have: here a password has gone already.
  expect(again.text).not.toContain('nothing changes');
  await expect(page).toHaveURL(again.link);
  const other = await elsewhere();
  await other.goto(again.link);
  await setPassword(other, newPassword);
  await expectSet(other, person.email);
  await expectLetIn(other, person.email, newPassword);

  await page.goto(letter.link);
  await expectHeading(page, 'This link is good no more');
});

for (const signedIn of [true, false]) {
  test(`the link is opened from a web mailer, ${signedIn ? 'signed in' : 'signed out'}`, async ({
    page,
    person,
    elsewhere,
    letters,
    server,
  }) => {
    await register(page, person);
    const other = await elsewhere({ userAgent: browsers['Safari on iPhone'] });
    await signIn(other, person);
    if (!signedIn) await signOut(page);
    await askForLetter(page, person.email);
    const { link } = await letters.next(person.email, subjects.reset);

    const mailer = await startStranger(`<!doctype html><title>Your mail</title><p><a href="${link}">Choose a new password</a></p>`);
    // The other name of the loopback, so that it is another site.
    await page.goto(mailer.origin(new URL(server.origin).hostname === 'localhost' ? '127.0.0.1' : 'localhost'));
    await page.getByRole('link', { name: 'Choose a new password' }).click();
    await expectHeading(page, 'Choose a new password');
    await expect(page).toHaveURL(link);
    await expect(page.getByRole('button', { name: 'Sign out' })).toHaveCount(signedIn ? 1 : 0);
    await setPassword(page, newPassword);
    await expectSet(page, person.email);
    await expect(page.getByRole('button', { name: 'Sign out' })).toHaveCount(0);
    await expectEndedAtNextClick(other, byNewPassword);
    await expectLetIn(page, person.email, newPassword);
    await mailer.close();
  });
}

test('where somebody else is signed in, they stay so and the notice is theirs to read', async ({ page, person, elsewhere, letters }) => {
  await register(await elsewhere(), person);
  const other = newPerson();
  await register(page, other);
  await askForLetter(page, person.email);
  await page.goto((await letters.next(person.email, subjects.reset)).link);
  await expect(page.getByRole('main')).toContainText(`For ${person.email}.`);
  await setPassword(page, newPassword);
  await expect(page).toHaveURL('/profile');
  await expect(notice(page)).toContainText('The new password of the other account is set');
  await expect(page.locator('.identity')).toContainText(other.email);
  await expectLetIn(await elsewhere(), person.email, newPassword);
});

test('whose account reads Chinese gets the letter and the pages in Chinese', async ({ page, person, elsewhere, letters }) => {
  await register(page, person);
  await page.getByRole('button', { name: '简体中文' }).click();
  await expectHeading(page, '个人资料');
  // Who asks for it need not read Chinese: the letter is the account's.
  await askForLetter(await elsewhere(), person.email);
  const letter = await letters.next(person.email, '在 Vestibule 设置新密码');
  expect(letter.text).toContain('有人（可能是您本人）请求');
  expect(letter.html).toContain('<html lang="zh-Hans"');

  await page.goto('/forgot');
  await expectHeading(page, '忘记密码？');
  await page.goto(letter.link);
  // Another language and another look lose nothing of the link.
  for (const [choice, heading] of [
    ['English', 'Choose a new password'],
    ['Dark', 'Choose a new password'],
    ['简体中文', '设置新密码'],
  ] as const) {
    await page.getByRole('button', { name: choice, exact: true }).click();
    await expectHeading(page, heading);
    await expect(page).toHaveURL(letter.link);
    await expect(page.getByRole('main')).toContainText(person.email);
  }
  await fill(page, { new_password: 'short' });
  await button(page, '设置新密码').click();
  await expect(fieldError(page, 'new_password')).toHaveText('请至少使用 12 个字符。');
  await fill(page, { new_password: newPassword });
  await button(page, '设置新密码').click();
  await expect(page).toHaveURL('/login');
  await expect(notice(page)).toHaveText('新密码已设置，所有会话均已结束。请用新密码登录。');

  const news = await letters.next(person.email, '您在 Vestibule 的密码已修改');
  await page.goto(news.link);
  await expectHeading(page, '不是您本人？');
  await button(page, '结束所有会话').click();
  await expect(notice(page)).toHaveText('所有会话均已结束，原密码已失效。请设置新密码。');
});

/** What a mail client would fetch by itself, and where the links lead that it shows. */
async function render(page: Page, letter: Letter): Promise<string[]> {
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(request.url()));
  await page.setContent(letter.html, { waitUntil: 'networkidle' });
  expect(fetched, letter.subject).toEqual([]);
  return page.locator('a[href]').evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
}

test('a letter loads nothing, and its text and its HTML lead to the same place', async ({ page, person, elsewhere, letters, server }) => {
  await register(page, person);
  const { email, password } = person;
  const received: Letter[] = [];

  await askForLetter(page, email);
  received.push(await letters.next(email, subjects.reset));
  await page.goto('/password');
  await fill(page, { current_password: password, new_password: newPassword });
  await button(page, 'Change password').click();
  await expect(notice(page)).toBeVisible();
  received.push(await letters.next(email, subjects.changed));
  const opened = await page.request.post('/api/v1/tokens', { data: { email, password: newPassword } });
  const { refresh_token: used } = (await opened.json()) as { refresh_token: string };
  let refresh_token = used;
  for (let turn = 0; turn < 2; turn++) {
    const renewed = await page.request.post('/api/v1/tokens/refresh', { data: { refresh_token } });
    ({ refresh_token } = (await renewed.json()) as { refresh_token: string });
  }
  expect((await page.request.post('/api/v1/tokens/refresh', { data: { refresh_token: used } })).status()).toBe(401);
  const reused = await letters.next(email, 'A session at Vestibule was ended');
  received.push(reused);
  await page.goto(reused.link);
  await button(page, 'End all sessions').click();
  await expect(notice(page)).toBeVisible();
  received.push(await letters.next(email, subjects.reset));
  await setPassword(page, 'cedar anchor violet 19');
  await expectSet(page, email);
  received.push(await letters.next(email, subjects.changed));
  // Of what happened on the way: an account, and a program that signed in.
  received.push(await letters.next(email, subjects.confirm), await letters.next(email, subjects.device));
  const client = await elsewhere();
  for (const letter of received) {
    // What would be fetched only later, or by another client.
    expect(letter.html).not.toMatch(/\s(src|srcset|background|action|poster)=|url\(|@import/i);
    expect(letter.html).not.toMatch(/<(link|script|img|iframe|object|form|meta http)/i);
    expect(await render(client, letter)).toEqual([letter.link]);
    const opens = letter.subject === subjects.confirm ? '/verify' : '/reset';
    expect(letter.link.startsWith(`${server.origin}${opens}?token=`), letter.link).toBe(true);
    if (letter.code) await expect(client.getByText(letter.code, { exact: true })).toBeVisible();
  }
  expect(new Set(received.map(({ link }) => link)).size).toBe(received.length);
});

// Everything can be done without a mouse, in the order it is read, and what has the focus is seen to have it.
import { expect, test } from '../support/test.ts';
import { focused, skipToContent, stops, tab, tabBack } from '../support/keyboard.ts';
import { browsers, failOn, notice, openMailbox, register, signIn, signOut, subjects } from '../support/pages.ts';
import type { Page } from '@playwright/test';

/** Opens a page; with script there is a button at each password that shows it: waits for them, so that they are there to pass. */
async function open(page: Page, path: string, javaScript: boolean | undefined) {
  await page.goto(path);
  if (javaScript === false) return;
  for (const toggle of await page.locator('.password-field__toggle').all()) await expect(toggle).toBeVisible();
}

/** Types into the fields in the order in which Tab comes to them, and goes on to the button, which has the focus then. */
async function type(page: Page, values: Record<string, string>, send: string) {
  for (const [label, value] of Object.entries(values)) {
    let stop = await tab(page);
    if (stop.startsWith('button "Show')) stop = await tab(page);
    expect(stop).toBe(`textbox "${label}"`);
    await page.keyboard.type(value);
  }
  let stop = await tab(page);
  if (stop.startsWith('button "Show')) stop = await tab(page);
  if (stop.startsWith('checkbox')) {
    await page.keyboard.press('Space');
    await expect(focused(page)).toBeChecked();
    stop = await tab(page);
  }
  expect(stop).toBe(`button "${send}"`);
}

test('register and sign in by keyboard alone', async ({ page, person, javaScriptEnabled }) => {
  const { email, nickname, password } = person;
  await open(page, '/register', javaScriptEnabled);
  await skipToContent(page);
  await type(page, { 'E-mail': email, Nickname: nickname, Password: password }, 'Create account');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/profile');

  await signOut(page);
  await open(page, '/login', javaScriptEnabled);
  await skipToContent(page);
  await type(page, { 'E-mail': email, Password: password }, 'Sign in');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/profile');
});

test('replace a forgotten password by keyboard alone', async ({ page, person, javaScriptEnabled }) => {
  await register(page, person);
  await signOut(page);
  await open(page, '/forgot', javaScriptEnabled);
  await skipToContent(page);
  await type(page, { 'E-mail': person.email }, 'Send the letter');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/reset');
  const letter = await openMailbox(page, person.email, subjects.reset);
  const code = await letter.locator('.letter__code').innerText();

  const password = `${person.password} new`;
  await open(page, '/reset', javaScriptEnabled);
  await skipToContent(page);
  expect(await tab(page)).toBe('link "Development mailbox"');
  await type(page, { 'E-mail': person.email, Code: code, 'New password': password }, 'Set the new password');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/login');
  await expect(notice(page)).toContainText('Your new password is set');

  // By the link of the letter that tells of it; the first stop there is the newest letter's.
  await openMailbox(page, person.email, subjects.changed);
  await skipToContent(page);
  expect(await tab(page)).toBe('link "This was not me"');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This was not you?');
  await skipToContent(page);
  expect(await tab(page)).toBe('button "End all sessions"');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Choose a new password');
  await skipToContent(page);
  await type(page, { 'New password': person.password }, 'Set the new password');
  await page.keyboard.press('Space');
  await expect(page).toHaveURL('/login');
  await signIn(page, person);
});

test('confirm an address, and change it, by keyboard alone', async ({ page, person, javaScriptEnabled }) => {
  await register(page, person);
  // The newest letter's is the first stop.
  await openMailbox(page, person.email, subjects.confirm);
  await skipToContent(page);
  expect(await tab(page)).toBe('link "Confirm this e-mail"');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Confirm your e-mail');
  await skipToContent(page);
  expect(await tab(page)).toBe('button "Confirm"');
  expect(await tab(page)).toBe('button "Make it mine"');
  await tabBack(page);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/profile');
  await expect(notice(page)).toHaveText('Your e-mail is confirmed.');

  const email = `new.${person.email}`;
  await open(page, '/email', javaScriptEnabled);
  await skipToContent(page);
  await type(page, { 'New e-mail': email, 'Current password': person.password }, 'Send a letter to the new e-mail');
  await page.keyboard.press('Enter');
  await expect(notice(page)).toContainText('A letter is on its way to the new e-mail.');
  await openMailbox(page, email, subjects.confirm);
  await skipToContent(page);
  expect(await tab(page)).toBe('link "Confirm this e-mail"');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Confirm your new e-mail');
  await skipToContent(page);
  expect(await tab(page)).toBe('button "Use this e-mail"');
  await page.keyboard.press('Space');
  await expect(page).toHaveURL('/email');
  await expect(page.getByRole('main')).toContainText(`You sign in with ${email}.`);
});

test('change the profile and the password, end a session and sign out by keyboard alone', async ({
  page,
  person,
  elsewhere,
  javaScriptEnabled,
}) => {
  await register(page, person);
  await open(page, '/profile', javaScriptEnabled);
  await skipToContent(page);
  expect(await tab(page)).toBe('link "Confirm it"');
  // Tab selects what stands in a field: what is typed takes its place.
  const profile = { Nickname: 'Ada', Signature: 'by hand' };
  await type(page, profile, 'Save profile');
  await page.keyboard.press('Space');
  await expect(notice(page)).toHaveText('Your profile is saved.');
  await expect(page.locator('.identity__body')).toContainText(/^Ada.*by hand$/);

  const password = `${person.password} new`;
  await open(page, '/password', javaScriptEnabled);
  await skipToContent(page);
  await type(page, { 'Current password': person.password, 'New password': password }, 'Change password');
  await page.keyboard.press('Enter');
  await expect(notice(page)).toContainText('Your password is changed.');

  await signIn(await elsewhere({ userAgent: browsers['Firefox on Windows'] }), { ...person, password });
  await open(page, '/sessions', javaScriptEnabled);
  await skipToContent(page);
  expect(await tab(page)).toBe('button "End the session of Firefox on Windows"');
  await page.keyboard.press('Enter');
  await expect(notice(page)).toHaveText('That session is ended.');

  await open(page, '/sessions', javaScriptEnabled);
  await skipToContent(page);
  expect(await tabBack(page)).toBe('button "Sign out"');
  await page.keyboard.press('Space');
  await expect(page).toHaveURL('/login');
});

test('Enter in a field sends the form', async ({ page, person }) => {
  await register(page, person);
  await signOut(page);
  await page.locator('#email').fill(person.email);
  await page.locator('#password').fill(person.password);
  await page.locator('#password').press('Enter');
  await expect(page).toHaveURL('/profile');
});

const stranger = ['link "Skip to content"', 'link "Vestibule"', 'link "Sign in"', 'link "Create account"'];
const user = [
  ...stranger.slice(0, 2),
  ...['link "Profile"', 'link "Sessions"', 'link "Password"', 'button "Sign out"'],
];

/** The last on every page. */
async function choices(page: Page): Promise<string[]> {
  return (await page.locator('.choice').allInnerTexts()).map((name) => `button "${name}"`);
}

test('Tab goes in the order in which one reads', async ({ page, person, elsewhere, javaScriptEnabled }) => {
  const toggle = javaScriptEnabled === false ? [] : ['button "Show password"'];
  const currentToggle = javaScriptEnabled === false ? [] : ['button "Show current password"'];
  const login = [
    ...['textbox "E-mail"', 'textbox "Password"', ...toggle, 'checkbox "Keep me signed in on this device"'],
    ...['button "Sign in"', 'link "Forgot your password?"', 'link "Create an account"'],
  ];
  await open(page, '/login', javaScriptEnabled);
  expect(await stops(page)).toEqual([...stranger, ...login, ...(await choices(page))]);

  await failOn(page, '/register');
  expect(await stops(page), 'after the summary of errors, which has the focus').toEqual([
    'link "Enter an e-mail address such as name@example.org."',
    'link "Enter a nickname."',
    'link "Use at least 12 characters."',
    ...['textbox "E-mail"', 'textbox "Nickname"', 'textbox "Password"', ...toggle],
    ...['button "Create account"', 'link "Sign in"'],
    ...(await choices(page)),
  ]);

  await register(page, person);
  await page.goto('/profile');
  const fields = ['textbox "Nickname"', 'textbox "Signature"', 'button "Save profile"', 'button "A new picture"', 'button "Upload picture"'];
  fields.unshift('link "Confirm it"');
  fields.push('link "Your e-mail"', 'link "Take your data, or delete your account"');
  expect(await stops(page)).toEqual([...user, ...fields, ...(await choices(page))]);

  await open(page, '/email', javaScriptEnabled);
  expect(await stops(page)).toEqual([
    ...user,
    ...['button "Send the letter again"', 'textbox "New e-mail"', 'textbox "Current password"', ...currentToggle],
    ...['button "Send a letter to the new e-mail"', 'checkbox "Tell me when I sign in from a new device"', 'button "Save"'],
    ...(await choices(page)),
  ]);

  await signIn(await elsewhere({ userAgent: browsers['Firefox on Windows'] }), person);
  await page.goto('/sessions');
  const ends = ['button "End the session of Firefox on Windows"', 'button "End all other sessions"'];
  expect(await stops(page)).toEqual([...user, ...ends, ...(await choices(page))]);
});

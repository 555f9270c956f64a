// What a person does on the pages, in one place: the tests say it in a line.
import { expect, type Locator, type Page } from '@playwright/test';
import type { Person } from './test.ts';

/** The button of the page's own form; the header has another one to sign out. */
export function button(page: Page, name: string): Locator {
  return page.getByRole('main').getByRole('button', { name, exact: true });
}

/** Good news. */
export function notice(page: Page): Locator {
  return page.locator('.notice:not(.notice--warning)');
}

/** How a session came to its end. */
export function warning(page: Page): Locator {
  return page.locator('.notice--warning');
}

export function errorSummary(page: Page): Locator {
  return page.locator('#error-summary');
}

/** The sentence at a field, found the way a screen reader finds it. */
export function fieldError(page: Page, name: string): Locator {
  return page.locator(`#${name}-error`);
}

/** Fills the form's fields by their ids, which are their names. */
export async function fill(page: Page, values: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await page.locator(`#${name}`).fill(value);
  }
}

/** Ends on /profile, signed in. */
export async function register(page: Page, person: Person): Promise<void> {
  await page.goto('/register');
  await fill(page, { email: person.email, nickname: person.nickname, password: person.password });
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/profile');
}

/** On /login already: fills it in and sends it. */
export async function sendSignIn(page: Page, person: Person): Promise<void> {
  await fill(page, { email: person.email, password: person.password });
  await button(page, 'Sign in').click();
}

/** Ends on /profile. */
export async function signIn(page: Page, person: Person): Promise<void> {
  await page.goto('/login');
  await sendSignIn(page, person);
  await expect(page).toHaveURL('/profile');
}

/** Ends on /login. */
export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/login');
}

export async function expectHeading(page: Page, heading: string) {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
}

/** Whoever is signed in there finds out at the next click. */
export async function expectEndedAtNextClick(page: Page, why: RegExp) {
  await page.getByRole('navigation', { name: 'Account' }).getByRole('link', { name: 'Sessions' }).click();
  await expect(page).toHaveURL('/login?next=/sessions');
  await expect(warning(page)).toHaveText(why);
}

export async function expectLetIn(page: Page, email: string, password: string) {
  await page.goto('/login');
  await fill(page, { email, password });
  await button(page, 'Sign in').click();
  await expect(page).toHaveURL('/profile');
}

export async function expectKeptOut(page: Page, email: string, password: string) {
  await page.goto('/login');
  await fill(page, { email, password });
  await button(page, 'Sign in').click();
  await expect(errorSummary(page)).toContainText('The e-mail or the password is not right.');
}

/** Asks for a letter to choose a new password by; ends on /reset, whether there is such an account or not. */
export async function askForLetter(page: Page, email: string): Promise<void> {
  await page.goto('/forgot');
  await fill(page, { email });
  await button(page, 'Send the letter').click();
  await expect(page).toHaveURL('/reset');
}

/** What letters are about. */
export const subjects = {
  reset: 'Choose a new password at Vestibule',
  changed: 'Your password at Vestibule was changed',
  confirm: 'Confirm your e-mail at Vestibule',
  moved: 'Your e-mail at Vestibule was changed',
  inUse: 'Your e-mail at Vestibule',
  device: 'A new sign-in at Vestibule',
} as const;

/** The newest letter about that to that address in the development mailbox. */
export async function openMailbox(page: Page, email: string, subject: string): Promise<Locator> {
  const heading = page.getByRole('heading', { name: subject, exact: true });
  const letter = page.getByRole('article').filter({ has: page.getByText(email, { exact: true }) }).filter({ has: heading }).first();
  // One that is on its way at that moment is there a moment later.
  await expect(async () => {
    await page.goto('/mailbox');
    await expect(letter).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 10_000 });
  return letter;
}

/** Opens a page and waits until the browser listens: for what comes before, nothing is told until the next page. */
export async function openListening(page: Page, path: string): Promise<void> {
  const stream = page.waitForResponse((response) => response.url().endsWith('/events'));
  await page.goto(path);
  await stream;
}

/** Browsers by what they say of themselves, under the words the pages have for them. */
export const browsers = {
  'Firefox on Windows': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Safari on iPhone':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
} as const;

/** A sentence of the pages in which the minute is left open as `…`; nothing before or after it. */
export function told(sentence: string): RegExp {
  const literal = sentence.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${literal.replace('…', '\\d{1,2} [A-Z][a-z]+ \\d{4}, \\d\\d:\\d\\d UTC')}$`);
}

/** From a form that only fails: nothing in it can be right. */
export const failures = {
  '/register': { values: { email: 'not an address', nickname: '', password: 'short' }, send: 'Create account' },
  '/login': { values: { email: 'nobody@example.com', password: 'not the right one' }, send: 'Sign in' },
  '/forgot': { values: { email: 'not an address' }, send: 'Send the letter' },
  '/reset': { values: { email: 'nobody@example.com', code: '', new_password: 'short' }, send: 'Set the new password' },
  '/profile': { values: { nickname: '', signature: 'x'.repeat(201) }, send: 'Save profile' },
  '/password': { values: { current_password: 'not the right one', new_password: 'short' }, send: 'Change password' },
  '/email': { values: { email: 'not an address', current_password: 'not the right one' }, send: 'Send a letter to the new e-mail' },
  '/account': { values: { current_password: 'not the right one' }, send: 'Download my data' },
} as const;

/** Sends the page's form with values it must refuse, and waits for the refusal, its focus and its looks. */
export async function failOn(page: Page, path: keyof typeof failures): Promise<void> {
  const { values, send } = failures[path];
  await page.goto(path);
  await fill(page, values);
  await button(page, send).click();
  await expect(errorSummary(page)).toBeFocused();
  await page.waitForLoadState('load');
}

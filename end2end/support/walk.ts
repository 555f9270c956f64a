// A walk past every page in every state that it has; a test says what it looks at on the way. It goes with script: pages have
// then all that they have without.
import { expect, type Page } from '@playwright/test';
import {
  askForLetter,
  browsers,
  button,
  errorSummary,
  failOn,
  fill,
  notice,
  openListening,
  openMailbox,
  register,
  sendSignIn,
  signIn,
  signOut,
  subjects,
  warning,
} from './pages.ts';
import { file, portrait } from './uploads.ts';
import { startServer, type Server } from './server.ts';
import { newPerson, test, type Elsewhere, type Person } from './test.ts';

export interface Walk {
  page: Page;
  person: Person;
  server: Server;
  elsewhere: Elsewhere;
}

export type Look = (page: Page, what: string) => Promise<void>;

/** The names that need most room, and an address without a place to break. */
const widest = { W: 'W'.repeat(50), emoji: '🦄'.repeat(50), address: 'm'.repeat(40) };

function wide(person: Person): Person {
  return { ...person, email: `${widest.address}.${person.email}`, nickname: widest.W };
}

async function lookAt(page: Page, paths: string[], look: Look): Promise<void> {
  for (const path of paths) {
    await page.goto(path);
    await look(page, path);
  }
}

export async function walk(walk: Walk, look: Look): Promise<void> {
  // The longest way of all, and a busy machine may take it slowly.
  test.setTimeout(480_000);
  const person = wide(walk.person);
  await asStranger(walk, look);
  await asUser(walk, person, look);
  await asOwnerOfAnAddress(walk, person, look);
  await asForgetful(walk, person, look);
  await asReaderOfChinese(walk, look);
  await asAdministrator(walk, person, look);
  await asFirstAdministrator(walk, look);
}

async function asStranger({ page }: Walk, look: Look): Promise<void> {
  // The third is answered by a page that stands alone.
  await lookAt(page, ['/', '/no/such/page', '/action/login', '/reset?token=nonsense', '/verify', '/verify?token=nonsense'], look);
  for (const path of ['/register', '/login', '/forgot', '/reset'] as const) {
    await page.goto(path);
    if (path !== '/forgot') await expect(page.locator('.password-field__toggle')).toBeVisible();
    await look(page, path);
    await failOn(page, path);
    await look(page, `${path} with errors`);
  }
  await page.goto('/register');
  await page.locator('.password-field__toggle').click();
  const passwords = ['too short', 'internationalisation', 'kettle harbour', 'copper violin under seven lamps'];
  for (const [level, password] of passwords.entries()) {
    await page.locator('#password').fill(password);
    await expect(page.locator('.strength')).toHaveAttribute('data-level', String(level + 1));
    await look(page, `/register with a password of level ${level + 1}, shown`);
  }
}

async function asUser({ page, elsewhere }: Walk, person: Person, look: Look): Promise<void> {
  await register(page, person);
  await look(page, '/profile with a notice');
  await lookAt(page, ['/', '/password', '/email', '/account', '/sessions', '/sessions?before=nothing', '/admin'], look);

  await page.goto('/profile');
  await fill(page, { signature: 'W'.repeat(200) });
  await button(page, 'Save profile').click();
  await expect(notice(page)).toBeVisible();
  await page.locator('#avatar').setInputFiles(portrait());
  await button(page, 'Upload picture').click();
  await expect(notice(page)).toHaveText('Your picture is saved.');
  await look(page, '/profile with everything in it');
  for (const path of ['/profile', '/password', '/email', '/account'] as const) {
    await failOn(page, path);
    await look(page, `${path} with errors`);
  }

  const other = await elsewhere({ userAgent: browsers['Safari on iPhone'] });
  await signIn(other, person);
  await openListening(other, '/profile');
  const { email, password } = person;
  await page.request.post('/api/v1/tokens', { data: { email, password } });
  await page.goto('/sessions');
  await look(page, '/sessions with others');
  await fill(other, { signature: 'typed too late' });
  await button(page, 'End all other sessions').click();
  await expect(notice(page)).toBeVisible();
  await look(page, '/sessions with a notice');
  await expect(other.locator('#session-ended')).toBeVisible();
  await look(other, 'an open tab whose session has ended');
  await button(other, 'Save profile').click();
  await expect(warning(other)).toBeVisible();
  await look(other, '/login after a session that was ended');

  await page.goto('/profile');
  await fill(page, { nickname: widest.emoji });
  await button(page, 'Save profile').click();
  await expect(notice(page)).toBeVisible();
  await page.locator('#avatar').setInputFiles(file('me.svg', 'image/svg+xml', '<svg/>'));
  await button(page, 'Upload picture').click();
  await expect(errorSummary(page)).toBeFocused();
  await look(page, '/profile with a file that is no picture');
  await button(page, 'Remove picture').click();
  await expect(notice(page)).toHaveText('Your picture is removed.');
  await lookAt(page, ['/', '/profile'], look);
  await signOut(page);
  await look(page, '/login with a notice');

  await signIn(page, person);
  await page.goto('/account');
  await fill(page, { current_password: person.password });
  await button(page, 'Delete my account').click();
  await expect(notice(page)).toContainText('If you sign in before then, it stays.');
  await look(page, '/login after asking for the end of the account');
  await signIn(page, person);
  await look(page, '/profile of an account that stays');
  await signOut(page);
}

/** Ends with the person's address and password as they were. */
async function asOwnerOfAnAddress({ page, elsewhere }: Walk, person: Person, look: Look): Promise<void> {
  await signIn(page, person);
  await page.goto('/email');
  await button(page, 'Send the letter again').click();
  await expect(notice(page)).toBeVisible();
  await look(page, '/email with a notice');
  const letter = await openMailbox(page, person.email, subjects.confirm);
  const link = (await letter.getByRole('link').getAttribute('href')) ?? 'no link in the mailbox';
  const other = await elsewhere();
  await other.goto(link);
  await expect(other.locator('.password-field__toggle')).toBeVisible();
  await look(other, '/verify by a link, signed out');
  await button(other, 'Confirm and sign in').click();
  await expect(errorSummary(other)).toBeFocused();
  await look(other, '/verify by a link, signed out, with errors');
  await page.goto(link);
  await look(page, '/verify by a link, signed in');
  await button(page, 'Confirm').click();
  await expect(notice(page)).toBeVisible();
  await look(page, '/profile after an address was confirmed');
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link is good no more');
  await look(page, '/verify by a link that was used');

  const email = `new.${person.email}`;
  await page.goto('/email');
  await fill(page, { email, current_password: person.password });
  await button(page, 'Send a letter to the new e-mail').click();
  await expect(notice(page)).toBeVisible();
  const change = await openMailbox(page, email, subjects.confirm);
  await change.getByRole('link').click();
  await expect(button(page, 'Use this e-mail')).toBeVisible();
  await look(page, '/verify of a new address');
  await button(page, 'Use this e-mail').click();
  await expect(notice(page)).toBeVisible();
  await look(page, '/email after a change');
  const news = await openMailbox(page, person.email, subjects.moved);
  await news.getByRole('link').click();
  await expect(button(page, 'Take it back')).toBeVisible();
  await look(page, '/verify of an old address');
  await button(page, 'Take it back').click();
  await expect(notice(page)).toContainText('Every session is ended');
  await fill(page, { new_password: person.password });
  await button(page, 'Set the new password').click();
  await expect(notice(page)).toContainText('Your new password is set');
}

/** Ends with the person's password as it was. */
async function asForgetful({ page }: Walk, person: Person, look: Look): Promise<void> {
  await askForLetter(page, person.email);
  await look(page, '/reset with a notice');
  const letter = await openMailbox(page, person.email, subjects.reset);
  await look(page, '/mailbox');
  await letter.getByRole('link').click();
  await expect(page.getByText(`For ${person.email}.`)).toBeVisible();
  await expect(page.locator('.password-field__toggle')).toBeVisible();
  await look(page, '/reset by a link');
  await fill(page, { new_password: 'short' });
  await button(page, 'Set the new password').click();
  await expect(errorSummary(page)).toBeFocused();
  await look(page, '/reset by a link, with errors');
  await fill(page, { new_password: person.password });
  await button(page, 'Set the new password').click();
  await expect(notice(page)).toContainText('Your new password is set');
  await look(page, '/login after a reset');

  const news = await openMailbox(page, person.email, subjects.changed);
  await news.getByRole('link', { name: 'This was not me' }).click();
  await expect(button(page, 'End all sessions')).toBeVisible();
  await look(page, '/reset of whoever it was not');
  await button(page, 'End all sessions').click();
  await expect(notice(page)).toContainText('Every session is ended');
  await look(page, '/reset after all sessions were ended');
  const link = page.url();
  await fill(page, { new_password: person.password });
  await button(page, 'Set the new password').click();
  await expect(notice(page)).toContainText('Your new password is set');
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link is good no more');
  await look(page, '/reset by a link that was used');
}

/** On the pages that are wordy, in a language whose words are not spaced. */
async function asReaderOfChinese({ elsewhere }: Walk, look: Look): Promise<void> {
  const page = await elsewhere({ locale: 'zh-CN' });
  const inChinese: Look = (page, what) => look(page, `${what} in Chinese`);
  await lookAt(page, ['/login', '/forgot', '/reset', '/reset?token=nonsense', '/verify', '/mailbox'], inChinese);
  for (const path of ['/forgot', '/reset'] as const) {
    await page.goto(path);
    await page.getByRole('main').locator('button[type=submit]').click();
    await expect(errorSummary(page)).toBeFocused();
    await inChinese(page, `${path} with errors`);
  }
  // The account is created in Chinese too, and its letter.
  const { email, nickname, password } = wide(newPerson());
  await page.goto('/register');
  await fill(page, { email, nickname, password });
  await button(page, '注册').click();
  await expect(page).toHaveURL('/profile');
  await lookAt(page, ['/profile', '/account', '/email'], inChinese);
  await button(page, '向新邮箱发送邮件').click();
  await expect(errorSummary(page)).toBeFocused();
  await inChinese(page, '/email with errors');
  const letter = await openMailbox(page, email, '在 Vestibule 确认您的电子邮箱');
  const link = (await letter.getByRole('link').getAttribute('href')) ?? 'no link in the mailbox';
  const other = await elsewhere({ locale: 'zh-CN' });
  await lookAt(page, [link], (page) => inChinese(page, '/verify by a link, signed in'));
  await lookAt(other, [link], (page) => inChinese(page, '/verify by a link, signed out'));
}

async function openUser(page: Page, { email }: Person): Promise<void> {
  await page.goto(`/admin?query=${email}`);
  await page.getByRole('link', { name: email }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('A user');
}

/** What every button means that asks for a second click. */
async function openAll(page: Page): Promise<void> {
  await page.waitForLoadState('load');
  for (const summary of await page.locator('summary').all()) await summary.click();
}

async function asAdministrator({ page, server, elsewhere }: Walk, person: Person, look: Look): Promise<void> {
  const theirs = await elsewhere();
  await signIn(theirs, person);
  const administrator = wide(newPerson());
  await register(page, administrator);
  await server.operate('user', 'grant', administrator.email, 'administrator');
  // The new session has the role at once; the old one when the server has heard of it.
  await signOut(page);
  // For the record.
  await sendSignIn(page, { ...administrator, password: 'not the right one' });
  await expect(errorSummary(page)).toBeVisible();
  await sendSignIn(page, administrator);
  await expect(page).toHaveURL('/profile');

  await openUser(page, administrator);
  await look(page, "an administrator's own page");
  await openUser(page, person);
  await openAll(page);
  await look(page, "a user's page");
  await fill(page, { roles: 'No Role!' });
  await button(page, 'Set roles').click();
  await expect(errorSummary(page)).toBeVisible();
  await look(page, "a user's page with errors");
  await fill(page, { roles: 'editor administrator' });
  await button(page, 'Set roles').click();
  await expect(notice(page)).toContainText('The roles are set.');
  await openAll(page);
  await button(page, 'Disable account').click();
  await expect(notice(page)).toContainText('This account is disabled');
  await look(page, 'the page of a disabled user');
  await lookAt(page, ['/admin', '/admin?query=nobody', '/admin/audit', '/admin/audit?user=nobody'], look);
}

/** On a server of its own: the invitation is good for as long as there is no administrator. Nor has it sent any letters. */
async function asFirstAdministrator({ elsewhere }: Walk, look: Look): Promise<void> {
  const server = await startServer();
  try {
    const page = await elsewhere({ baseURL: server.origin });
    await register(page, newPerson());
    const link = /http:\S+\/first-administrator\?invitation=\S+/.exec(server.log())?.[0];
    await page.goto(link ?? 'no link in the output');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('The first administrator');
    await look(page, '/first-administrator');
    await page.goto('/mailbox');
    await look(page, '/mailbox without letters');
    // It would miss its server.
    await page.goto('about:blank');
  } finally {
    await server.stop();
  }
}

// An administrator finds a user, sees where they are signed in, and sends them off.
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { button, fieldError, notice, register, signIn, signOut, warning } from '../support/pages.ts';
import { expect, newPerson, test, type Person } from '../support/test.ts';
import type { Server } from '../support/server.ts';

/** Somebody new with an administrator's role, signed in. */
async function administrator(page: Page, server: Server) {
  const person = newPerson();
  await register(page, person);
  await server.operate('user', 'grant', person.email, 'administrator');
  // The new session has the role at once; the old one when the server has heard of it.
  await signOut(page);
  await signIn(page, person);
}

async function open(page: Page, person: Person) {
  await page.goto('/admin');
  await page.getByLabel('E-mail begins with').fill(person.email.slice(0, -5).toUpperCase());
  await page.getByLabel('E-mail begins with').press('Enter');
  await page.getByRole('link', { name: person.email }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('A user');
}

/** The second click: the first shows what it means. */
async function confirm(page: Page, what: string) {
  const means = page.locator('details', { has: page.getByText(`${what}…`) });
  await expect(button(page, what)).toBeHidden();
  await means.locator('summary').click();
  await button(page, what).click();
}

test('a user is found, signed out everywhere, and told', async ({ page, person, server, elsewhere }) => {
  const theirs = await elsewhere();
  await register(theirs, person);
  await administrator(page, server);
  await open(page, person);
  await expect(page.locator('.sessions').getByRole('listitem')).toHaveCount(1);
  await confirm(page, 'Sign out everywhere');
  await expect(notice(page)).toHaveText('Every session of this user is ended.');
  await theirs.goto('/profile');
  await expect(theirs).toHaveURL('/login?next=/profile');
  await expect(warning(theirs)).toContainText('An administrator ended your session at');
});

test('an account is disabled and enabled again', async ({ page, person, server, elsewhere }) => {
  const theirs = await elsewhere();
  await register(theirs, person);
  await administrator(page, server);
  await open(page, person);
  await confirm(page, 'Disable account');
  await expect(notice(page)).toHaveText('This account is disabled, and every session of it ended.');
  await theirs.goto('/profile');
  await expect(theirs).toHaveURL('/login?next=/profile');
  await button(page, 'Enable account').click();
  await expect(notice(page)).toHaveText('This account is open again.');
  await signIn(theirs, person);
});

test('roles are set, and what is no role is told at the field', async ({ page, person, server, elsewhere }) => {
  const theirs = await elsewhere();
  await register(theirs, person);
  await administrator(page, server);
  await open(page, person);
  await page.getByLabel("This user's roles").fill('Editor!');
  await button(page, 'Set roles').click();
  await expect(fieldError(page, 'roles')).toContainText('Enter names such as editor');
  await expect(page.locator('#roles')).toHaveValue('Editor!');
  await page.getByLabel("This user's roles").fill('editor, administrator');
  await button(page, 'Set roles').click();
  await expect(notice(page)).toContainText('The roles are set.');
  await theirs.goto('/admin');
  await expect(theirs.getByRole('heading', { level: 1 })).toHaveText('Users');
});

test('what happened is found, and taken away', async ({ page, person, server, elsewhere }) => {
  const theirs = await elsewhere();
  await register(theirs, person);
  await administrator(page, server);
  await open(page, person);
  await confirm(page, 'Disable account');
  const records = page.locator('.activity').getByRole('listitem');
  await expect(records).toHaveText([/^Account disabled\..*by ada/s, /^A letter sent to confirm the e-mail\./, /^Account created\./]);
  await page.getByRole('link', { name: 'All of it' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Audit trail');
  await expect(page.getByLabel('Account (e-mail)')).toHaveValue(person.email);
  await expect(records).toHaveCount(3);
  await page.getByLabel('What happened').selectOption('Account disabled');
  await button(page, 'Show').click();
  await expect(records).toHaveText([/^Account disabled\./]);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'JSON lines' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('audit.jsonl');
  const lines = (await readFile(await file.path(), 'utf8')).trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { event: string; user_email: string }))).toMatchObject([
    { event: 'account_disabled', user_email: person.email },
  ]);
  expect(await server.operate('audit', 'verify')).toMatch(/^\d+ records since .*\nhead \d+:[\w-]{43}\n$/);
});

test('nobody else gets in', async ({ page, person }) => {
  await page.goto('/admin');
  await expect(page).toHaveURL('/login?next=/admin');
  await register(page, person);
  await page.goto('/admin');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('That request was refused');
  await expect(page.getByRole('link', { name: 'Users' })).toHaveCount(0);
});

// What a page answers at once: a pressed button, a file on its way, what was copied, and what would be lost.
import { file, portrait } from '../../support/uploads.ts';
import { browsers, button, fieldError, fill, notice, register, signIn, signOut } from '../../support/pages.ts';
import { expect, test } from '../../support/test.ts';
import type { Page } from '@playwright/test';

const toast = (page: Page) => page.getByRole('status').and(page.locator('#toast'));

test('a form is sent once, however often its button is pressed', async ({ page, person }) => {
  let sent = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/action/register', async (route) => {
    sent += 1;
    await held;
    await route.continue();
  });
  await page.goto('/register');
  await fill(page, { email: person.email, nickname: person.nickname, password: person.password });
  // By a script: Playwright itself presses nothing while an answer is on its way.
  const busy = await page.evaluate(() => {
    const button = document.querySelector<HTMLButtonElement>('main form button[type=submit]');
    for (let times = 0; times < 3; times += 1) button?.click();
    button?.form?.requestSubmit();
    return button?.getAttribute('aria-busy');
  });
  expect(busy).toBe('true');
  release();
  await expect(page).toHaveURL('/profile');
  expect(sent).toBe(1);
});

test('a button that got no answer can be pressed again', async ({ page, person }) => {
  await page.clock.install();
  await page.goto('/register');
  await fill(page, { email: person.email, nickname: person.nickname, password: person.password });
  // It leaves the page as it is, as a connection does that is lost for a while.
  await page.route('**/action/register', (route) => route.fulfill({ status: 204 }), { times: 1 });
  await button(page, 'Create account').click();
  await expect(button(page, 'Create account')).toHaveAttribute('aria-busy', 'true');
  await page.clock.fastForward(20_000);
  await expect(button(page, 'Create account')).not.toHaveAttribute('aria-busy');
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/profile');
});

test('good news is announced', async ({ page, person }) => {
  await page.clock.install();
  await register(page, person);
  await page.clock.runFor(200);
  await expect(toast(page)).toHaveText('Welcome. Your account is ready.');
  await expect(toast(page), 'it stands on the page already').toHaveClass('visually-hidden');
  await page.clock.runFor(3000);
  await expect(toast(page)).toBeEmpty();
  await expect(notice(page)).toBeVisible();
});

test('what is typed and not saved is not lost by a slip', async ({ page, person }) => {
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  await register(page, person);
  const link = page.getByRole('link', { name: 'Sessions', exact: true });
  await link.click();
  await expect(page, 'nothing was typed').toHaveURL('/sessions');
  await page.goto('/profile');
  await page.locator('#nickname').fill('Countess');
  await link.click({ noWaitAfter: true });
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await expect(page).toHaveURL('/profile');
  await expect(page.locator('#nickname')).toHaveValue('Countess');
  await page.locator('#nickname').fill(person.nickname);
  await link.click();
  await expect(page, 'it is as it was').toHaveURL('/sessions');

  await page.goto('/profile');
  await page.locator('#signature').fill('x'.repeat(201));
  await button(page, 'Save profile').click();
  await expect(fieldError(page, 'signature')).toBeVisible();
  await page.locator('#signature').click();
  await link.click({ noWaitAfter: true });
  await expect.poll(() => asked, 'what was refused is not saved').toHaveLength(2);
  await page.locator('#signature').fill('saved');
  await button(page, 'Save profile').click();
  await expect(notice(page)).toBeVisible();
  await page.locator('#avatar').setInputFiles(portrait());
  await button(page, 'Save profile').click({ noWaitAfter: true });
  await expect.poll(() => asked, 'a file that was chosen goes with its own button').toHaveLength(3);
  await button(page, 'Upload picture').click();
  await expect(notice(page)).toHaveText('Your picture is saved.');
  await link.click();
  await expect(page).toHaveURL('/sessions');
  expect(asked).toHaveLength(3);
});

test('a file shows how far it is', async ({ page, person }) => {
  await register(page, person);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/action/set_avatar', async (route) => {
    await held;
    await route.continue();
  });
  const progress = page.getByRole('progressbar', { name: 'Upload' });
  await page.locator('#avatar').setInputFiles(portrait());
  await expect(progress).toBeHidden();
  await button(page, 'Upload picture').click();
  await expect(progress).toBeVisible();
  await expect(button(page, 'Upload picture')).toHaveAttribute('aria-busy', 'true');
  release();
  await expect(notice(page)).toHaveText('Your picture is saved.');
  await expect(page.locator('.identity img.avatar')).toBeVisible();
});

test('a file that is too large does not set out, and one that fails can be sent again', async ({ page, person, problems }) => {
  await register(page, person);
  let sent = 0;
  await page.route('**/action/set_avatar', (route) => {
    sent += 1;
    return sent === 1 ? route.abort() : route.continue();
  });
  await page.locator('#avatar').setInputFiles(file('large.png', 'image/png', 'x'.repeat(2 * 1024 * 1024 + 1)));
  await button(page, 'Upload picture').click();
  await expect(toast(page)).toHaveText('The picture cannot be larger than 2 MB.');
  expect(sent).toBe(0);

  problems.expect(/set_avatar/);
  await page.locator('#avatar').setInputFiles(portrait());
  await button(page, 'Upload picture').click();
  await expect(toast(page)).toHaveText('The picture could not be uploaded. Please try again.');
  await expect(page.getByRole('progressbar')).toBeHidden();
  await button(page, 'Upload picture').click();
  await expect(notice(page)).toHaveText('Your picture is saved.');
});

test('an address is copied', async ({ page, person, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await register(page, person);
  await server.operate('user', 'grant', person.email, 'administrator');
  await signOut(page);
  await signIn(page, person);
  await page.goto(`/admin?query=${person.email}`);
  await page.getByRole('link', { name: person.email }).click();
  await page.getByRole('button', { name: 'Copy the e-mail' }).click();
  await expect(toast(page)).toHaveText('Copied.');
  await expect(toast(page)).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(person.email);
});

test('Caps Lock is told at the field', async ({ page }) => {
  await page.goto('/login');
  const hint = page.getByText('Caps Lock is on.');
  const press = (modifierCapsLock: boolean) =>
    page.locator('#password').evaluate((field, on) => {
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'A', modifierCapsLock: on, bubbles: true }));
    }, modifierCapsLock);
  await expect(hint).toHaveCount(0);
  await page.locator('#password').focus();
  await press(true);
  await expect(hint).toBeVisible();
  await press(false);
  await expect(hint).toHaveCount(0);
  await press(true);
  await page.locator('#email').focus();
  await expect(hint).toHaveCount(0);
});

test('the list of sessions follows what happens elsewhere', async ({ page, person, elsewhere }) => {
  await page.clock.install();
  await register(page, person);
  await page.goto('/sessions');
  await expect(page.locator('.session')).toHaveCount(1);
  const other = await elsewhere({ userAgent: browsers['Firefox on Windows'] });
  await signIn(other, person);
  await page.clock.fastForward(10_000);
  await expect(page.getByRole('heading', { name: 'Firefox on Windows' })).toBeVisible();
  await expect(toast(page)).toHaveText('The list of your sessions has changed.');
  await signOut(other);
  await page.clock.fastForward(10_000);
  await expect(page.locator('.session')).toHaveCount(1);
});

test('one page dissolves into the next, unless its user wants nothing to move', async ({ browser, server }) => {
  for (const [reducedMotion, dissolved] of [
    ['no-preference', 'true'],
    ['reduce', 'false'],
  ] as const) {
    // Of its own: in those of other tests requests are intercepted, and Chromium dissolves nothing then.
    const context = await browser.newContext({ baseURL: server.origin, reducedMotion });
    const page = await context.newPage();
    await page.addInitScript(() => {
      addEventListener('pagereveal', (event) => {
        document.documentElement.dataset.dissolved = String(event.viewTransition !== null);
      });
    });
    await page.goto('/');
    await page.getByRole('main').getByRole('link', { name: 'Create an account' }).click();
    await expect(page).toHaveURL('/register');
    await expect(page.locator('html')).toHaveAttribute('data-dissolved', dissolved);
    await context.close();
  }
});

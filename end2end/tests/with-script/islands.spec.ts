// What script adds to the pages, and what it costs: nothing where it adds nothing.
import { button, fill, register } from '../../support/pages.ts';
import { expect, test } from '../../support/test.ts';
import type { Page } from '@playwright/test';

async function wasmOf(page: Page, path: string): Promise<string[]> {
  const wasm: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname.endsWith('.wasm')) wasm.push(request.url());
  });
  // Nothing must come: only silence can show that.
  await page.goto(path, { waitUntil: 'networkidle' });
  return wasm;
}

for (const path of ['/login', '/register']) {
  test(`${path} loads the wasm`, async ({ page }) => {
    expect(await wasmOf(page, path)).toHaveLength(1);
  });
}

test('pages without islands load no wasm', async ({ page, person }) => {
  expect(await wasmOf(page, '/')).toEqual([]);
  expect(await wasmOf(page, '/no/such/page')).toEqual([]);
  await register(page, person);
  await page.waitForLoadState('networkidle');
  expect(await wasmOf(page, '/profile')).toEqual([]);
  expect(await wasmOf(page, '/sessions')).toEqual([]);
  expect(await wasmOf(page, '/')).toEqual([]);
});

for (const path of ['/login', '/register']) {
  test(`the password on ${path} can be shown and hidden`, async ({ page }) => {
    await page.goto(path);
    const password = page.locator('#password');
    const toggle = page.locator('.password-field__toggle');
    await password.fill('seven lamps');
    await expect(toggle).toHaveText('Show');
    await expect(toggle).toHaveAttribute('aria-controls', 'password');
    await toggle.click();
    await expect(password).toHaveAttribute('type', 'text');
    await expect(toggle).toHaveText('Hide');
    await toggle.click();
    await expect(password).toHaveAttribute('type', 'password');
    await expect(password).toHaveValue('seven lamps');
  });
}

test('the strength of a new password is told while it is typed', async ({ page }) => {
  await page.goto('/register');
  const strength = page.locator('.strength');
  await expect(page.locator('.password-field__toggle')).toBeVisible();
  await page.locator('#password').pressSequentially('aaaa');
  await expect(strength).toBeVisible();
  await expect(strength).toHaveText('Too short: at least 12 characters.');
  await expect(strength).toHaveAttribute('data-level', '1');
  await page.locator('#password').fill('abcabcabcabc');
  await expect(strength).toHaveText('Easy to guess: it repeats itself. Another word or two would help.');
  await expect(strength).toHaveAttribute('data-level', '1');
  await page.locator('#password').fill('internationalisation');
  await expect(strength).toHaveText('Easy to guess. Another word or two would help.');
  await expect(strength).toHaveAttribute('data-level', '2');
  await page.locator('#password').fill('copper violin under seven lamps');
  await expect(strength).toHaveText('Very good.');
  await expect(strength).toHaveAttribute('data-level', '4');
  await page.locator('#password').fill('');
  await expect(strength).toBeHidden();
});

test('the server is asked when somebody rests, and not at every key', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/action/advise_password')) asked.push(request.postData() ?? '');
  });
  await page.goto('/register');
  await expect(page.locator('.password-field__toggle')).toBeVisible();
  await page.locator('#email').fill('ada@example.com');
  await page.locator('#password').pressSequentially('copper violin under seven lamps');
  await expect(page.locator('.strength')).toHaveText('Very good.');
  expect(asked).toEqual(['password=copper+violin+under+seven+lamps&email=ada%40example.com&nickname=']);
});

test('without an answer there is no advice, and nothing is broken', async ({ page, person, problems }) => {
  await page.route('**/action/advise_password', (route) => route.abort());
  problems.expect(/advise_password/);
  await page.goto('/register');
  await expect(page.locator('.password-field__toggle')).toBeVisible();
  const failed = page.waitForEvent('requestfailed');
  await fill(page, { email: person.email, nickname: person.nickname, password: person.password });
  await failed;
  await expect(page.locator('.strength')).toBeHidden();
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/profile');
});

test('what was typed before the script came is kept', async ({ page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/login', { waitUntil: 'domcontentloaded' });
  await page.locator('#email').fill('ada@example.com');
  await page.locator('#password').fill('seven lamps');
  release();
  await expect(page.locator('.password-field__toggle')).toBeVisible();
  await expect(page.locator('#email')).toHaveValue('ada@example.com');
  await expect(page.locator('#password')).toHaveValue('seven lamps');
});

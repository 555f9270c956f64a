// What script adds to the pages, and what it costs: nothing where it adds nothing.
import { register } from '../../support/pages.ts';
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
  await expect(strength).toHaveAttribute('data-level', /^[01]$/);
  await page.locator('#password').fill('copper violin under seven lamps');
  await expect(strength).toHaveAttribute('data-level', /^[34]$/);
  await expect(strength).not.toBeEmpty();
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

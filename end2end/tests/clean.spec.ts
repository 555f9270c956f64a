// Every page opens without a console error or a CSP violation: the `problems` fixture of each test counts
// them. Here are the pages no other test would open.
import { failOn, failures, register, signIn } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

for (const path of ['/', '/register', '/login', '/forgot', '/reset', '/reset?token=nonsense', '/mailbox', '/no/such/page']) {
  test(`${path} is clean for a stranger`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForLoadState('networkidle');
  });
}

for (const path of ['/register', '/login', '/forgot', '/reset'] as const) {
  test(`${path} is clean with errors`, async ({ page }) => {
    await failOn(page, path);
    await page.waitForLoadState('networkidle');
  });
}

test('the pages of an account are clean', async ({ page, person, elsewhere }) => {
  await register(page, person);
  // Another session puts its button and the one for all others on the list.
  await signIn(await elsewhere(), person);
  for (const path of ['/', '/profile', '/sessions', '/password', '/no/such/page']) {
    await page.goto(path);
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
    await page.waitForLoadState('networkidle');
  }
  for (const path of ['/profile', '/password'] as const) {
    await failOn(page, path);
    await page.waitForLoadState('networkidle');
  }
});

test('nothing is loaded from anywhere else', async ({ page, server, person }) => {
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== server.origin && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  for (const path of ['/', ...Object.keys(failures)]) await page.goto(path);
  await register(page, person);
  for (const path of ['/', ...Object.keys(failures)]) await page.goto(path, { waitUntil: 'networkidle' });
  expect(foreign).toEqual([]);
});

// Every page opens without a console error or a CSP violation: the `problems` fixture of each test counts
// them. Here are the pages no other test would open.
import { button, failOn, failures, fieldError, openMailbox, register, signIn, subjects } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

const forStrangers = [
  ...['/', '/register', '/login', '/forgot', '/reset', '/reset?token=nonsense', '/verify', '/verify?token=nonsense'],
  ...['/mailbox', '/no/such/page'],
];
for (const path of forStrangers) {
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
  for (const path of ['/', '/profile', '/sessions', '/password', '/email', '/account', '/verify', '/confirm', '/no/such/page']) {
    await page.goto(path);
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
    await page.waitForLoadState('networkidle');
  }
  for (const path of ['/profile', '/password', '/email', '/account'] as const) {
    await failOn(page, path);
    await page.waitForLoadState('networkidle');
  }
});

test('the pages of letters are clean', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const letter = await openMailbox(page, person.email, subjects.confirm);
  const link = (await letter.getByRole('link').getAttribute('href')) ?? 'no link in the mailbox';
  const other = await elsewhere();
  for (const visitor of [page, other]) {
    await visitor.goto(link);
    await expect(visitor.getByRole('heading', { level: 1 })).toHaveText('Confirm your e-mail');
    await visitor.waitForLoadState('networkidle');
  }
  await button(other, 'Confirm and sign in').click();
  await expect(fieldError(other, 'password')).toBeVisible();
  await other.waitForLoadState('networkidle');
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

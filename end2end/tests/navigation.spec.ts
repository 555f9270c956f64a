// Where links, guards, `next` and the back button lead.
import { button, fill, register, sendSignIn, signOut } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test('the header tells where one is and offers what one can do', async ({ page, person }) => {
  await page.goto('/login');
  const nav = page.getByRole('navigation', { name: 'Account' });
  await expect(nav.getByRole('link')).toHaveText(['Sign in', 'Create account']);
  await expect(nav.getByRole('link', { name: 'Sign in' })).toHaveAttribute('aria-current', 'page');

  await register(page, person);
  await expect(nav.getByRole('link')).toHaveText(['Profile', 'Sessions', 'Password']);
  await expect(nav.getByRole('link', { name: 'Profile' })).toHaveAttribute('aria-current', 'page');
  await expect(nav.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

for (const path of ['/profile', '/sessions', '/password', '/email', '/account']) {
  test(`${path} asks a stranger to sign in, and then is where one lands`, async ({ page, person }) => {
    await register(page, person);
    await signOut(page);
    await page.goto(path);
    await expect(page).toHaveURL(`/login?next=${path}`);
    await sendSignIn(page, person);
    await expect(page).toHaveURL(path);
  });
}

test('the guard refuses before anything is rendered', async ({ request }) => {
  const answer = await request.get('/profile', { maxRedirects: 0 });
  expect(answer.status()).toBe(303);
  expect(answer.headers()['location']).toBe('/login?next=/profile');
  expect(await answer.text()).toBe('');
});

test('where nothing was asked there is nothing to confirm', async ({ page, person }) => {
  await register(page, person);
  expect((await page.goto('/confirm'))?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no page here');
  await signOut(page);
  await page.goto('/confirm');
  await expect(page).toHaveURL('/login?next=/confirm');
});

test('registering also leads to where one wanted to go', async ({ page, person }) => {
  await page.goto('/register?next=/password');
  await fill(page, { email: person.email, nickname: person.nickname, password: person.password });
  await button(page, 'Create account').click();
  await expect(page).toHaveURL('/password');
});

for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example', '/%2F/evil.example', 'javascript:alert(1)']) {
  test(`signing in with next=${next} stays here`, async ({ page, person, server }) => {
    await register(page, person);
    await signOut(page);
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await sendSignIn(page, person);
    // The header of a signed-in person, on our origin, whatever page it is.
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(server.origin);
  });
}

test('next survives a wrong password', async ({ page, person }) => {
  await register(page, person);
  await signOut(page);
  await page.goto('/login?next=/password');
  await sendSignIn(page, { ...person, password: 'not the right one' });
  await expect(page.locator('#error-summary')).toBeVisible();
  await sendSignIn(page, person);
  await expect(page).toHaveURL('/password');
});

test('the back button after signing out shows nothing private', async ({ page, person }) => {
  await register(page, person);
  await fill(page, { signature: 'for my eyes only' });
  await button(page, 'Save profile').click();
  await expect(page.locator('.notice')).toBeVisible();
  await page.goto('/');
  await expect(page.getByRole('main')).toContainText(person.email);
  await signOut(page);

  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your front door');
  await expect(page.locator('body')).not.toContainText(person.email);
  await page.goBack();
  await expect(page).toHaveURL('/login?next=/profile');
  await expect(page.locator('body')).not.toContainText('for my eyes only');
  await expect(page.locator('body')).not.toContainText(person.nickname);
});

test('an unknown address has a page of the house, with status 404', async ({ page }) => {
  const answer = await page.goto('/no/such/page');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no page here');
  await page.getByRole('main').getByRole('link', { name: 'Home' }).click();
  await expect(page).toHaveURL('/');
});

test('a page opened with the wrong method is refused in words', async ({ page }) => {
  const answer = await page.goto('/action/login');
  expect(answer?.status()).toBe(405);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Vestibule' })).toBeVisible();
});

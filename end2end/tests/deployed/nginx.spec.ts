// What only holds behind nginx, with https.
import { fill, register, signIn } from '../../support/pages.ts';
import { expect, test } from '../../support/test.ts';

test('the tokens are in cookies of this host alone, and travel by https alone', async ({ page, person }) => {
  await register(page, person);
  const cookies = await page.context().cookies();
  const tokens = cookies.filter((cookie) => ['__Host-at', '__Host-rt'].includes(cookie.name));
  expect(tokens.map(({ secure, httpOnly, sameSite, path }) => ({ secure, httpOnly, sameSite, path }))).toEqual([
    { secure: true, httpOnly: true, sameSite: 'Strict', path: '/' },
    { secure: true, httpOnly: true, sameSite: 'Strict', path: '/' },
  ]);
  const answer = await page.goto('/profile');
  expect(answer?.headers()['strict-transport-security']).toContain('max-age=');
  const protocol = await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
    return navigation?.nextHopProtocol;
  });
  expect(protocol).toBe('h2');
});

test('where a visitor comes from is what nginx sees, not what they say', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const liar = await elsewhere({ extraHTTPHeaders: { 'X-Forwarded-For': '203.0.113.9' } });
  await signIn(liar, person);
  await page.goto('/sessions');
  const networks = page.locator('#sessions').getByText('127.0.0.0/24');
  await expect(networks).toHaveCount(2);
  await expect(page.getByRole('main')).not.toContainText('203.0.113');
});

test('a form that one instance refused is shown again by either', async ({ page, person }) => {
  for (let turn = 0; turn < 4; turn++) {
    await page.goto('/register');
    await fill(page, { email: person.email, nickname: person.nickname, password: 'short' });
    await page.getByRole('main').getByRole('button', { name: 'Create account' }).click();
    await expect(page.locator('#password-error')).toBeVisible();
    await expect(page.locator('#email')).toHaveValue(person.email);
  }
});

// What other sites can do to a signed-in person: nothing.
import { register, signIn } from '../support/pages.ts';
import { startStranger } from '../support/stranger.ts';
import { expect, test } from '../support/test.ts';

test('cookies are HttpOnly and SameSite=Strict, and end with the browser', async ({ page, context, person }) => {
  await register(page, person);
  const cookies = (await context.cookies()).filter((cookie) => ['at', 'rt'].includes(cookie.name));
  expect(cookies.map((cookie) => cookie.name).sort()).toEqual(['at', 'rt']);
  for (const cookie of await context.cookies()) {
    expect(cookie, cookie.name).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
  }
  for (const cookie of cookies) expect(cookie.expires, cookie.name).toBe(-1);
  expect(await page.evaluate(() => document.cookie)).toBe('');
});

test('"keep me signed in" keeps the cookies', async ({ page, context, person }) => {
  await register(page, person);
  await context.clearCookies();
  await page.goto('/login');
  await page.getByLabel('Keep me signed in on this device').check();
  await page.locator('#email').fill(person.email);
  await page.locator('#password').fill(person.password);
  await page.getByRole('main').getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL('/profile');
  const refresh = (await context.cookies()).find((cookie) => cookie.name === 'rt');
  expect(refresh?.expires).toBeGreaterThan(Date.now() / 1000 + 24 * 3600);
});

// Another port is another origin but the same site: there the cookies do come along.
for (const [kind, host] of [['another site', 'localhost'], ['another origin of the same site', '127.0.0.1']] as const) {
  test(`a form of ${kind} changes nothing`, async ({ page, person, server }) => {
    await register(page, person);
    const stranger = await startStranger(`<!doctype html><title>A game</title>
      <form method="post" action="${server.origin}/action/update_profile">
        <input name="nickname" value="Mallory"><input name="signature" value="">
        <button>Play</button>
      </form>`);
    await page.goto(stranger.origin(host));
    const answer = page.waitForResponse((response) => response.url().endsWith('/action/update_profile'));
    await page.getByRole('button', { name: 'Play' }).click();
    expect((await answer).status()).toBe(403);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('That request was refused');
    await stranger.close();

    await page.goto('/profile');
    await expect(page.locator('#nickname')).toHaveValue(person.nickname);
  });

  test(`${kind} can neither sign anybody in nor out`, async ({ page, context, person, server }) => {
    await register(page, person);
    const stranger = await startStranger(`<!doctype html><title>A game</title>
      <form method="post" action="${server.origin}/action/logout"><button>Out</button></form>
      <form method="post" action="${server.origin}/action/login">
        <input name="email" value="${person.email}"><input name="password" value="${person.password}">
        <button>In</button>
      </form>`);
    for (const [name, action] of [['Out', 'logout'], ['In', 'login']] as const) {
      if (name === 'In') await context.clearCookies();
      await page.goto(stranger.origin(host));
      const answer = page.waitForResponse((response) => response.url().endsWith(`/action/${action}`));
      await page.getByRole('button', { name }).click();
      expect((await answer).status()).toBe(403);
      await page.goto('/');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(
        name === 'Out' ? `Hello, ${person.nickname}` : 'Your front door',
      );
    }
    await stranger.close();
    await signIn(page, person);
  });
}

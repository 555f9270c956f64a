// Pictures of the pages: a few for the README, or all of them to look at (SCREENSHOTS=all).
import { resolve } from 'node:path';
import { browsers, button, failOn, fill, notice, register, signIn, signOut, warning } from '../support/pages.ts';
import { newPerson, test } from '../support/test.ts';
import { expect, type Page } from '@playwright/test';

const all = process.env.SCREENSHOTS === 'all';
const folder = resolve(import.meta.dirname, '../..', all ? 'target/screenshots' : 'docs/images');
const portrait = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#7a8f6a"/>
  <circle cx="32" cy="26" r="11" fill="#f3efe4"/><path d="M10 64c2-17 12-24 22-24s20 7 22 24z" fill="#f3efe4"/></svg>`;

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of all ? [360, 1280] : [1280]) {
    test.describe(`${colorScheme}, ${width} pixels`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });

      const take = async (page: Page, name: string) => {
        await page.waitForLoadState('networkidle');
        const path = `${folder}/${name}-${all ? `${width}-` : ''}${colorScheme}.png`;
        await page.screenshot({ path, fullPage: all });
      };

      test('pages', async ({ page, person, server, context, elsewhere }) => {
        await context.route('https://images.example/**', (route) =>
          route.fulfill({ contentType: 'image/svg+xml', body: portrait }),
        );
        await page.goto('/');
        await take(page, 'home');
        await page.goto('/login');
        await take(page, 'login');
        if (all) {
          await page.goto('/register');
          await take(page, 'register');
          await page.goto('/no/such/page');
          await take(page, 'not-found');
          for (const path of ['/register', '/login'] as const) {
            await failOn(page, path);
            await take(page, `${path.slice(1)}-errors`);
          }
          await page.goto('/register');
          await page.locator('#password').pressSequentially('copper violin');
          await expect(page.locator('.strength')).toBeVisible();
          await take(page, 'register-typing');
        }

        const ada = { ...person, email: person.email.replace('ada.', 'ada.lovelace.'), nickname: 'Ada Lovelace' };
        await register(page, ada);
        if (all) await take(page, 'profile-welcome');
        await fill(page, {
          signature: 'That brain of mine is something more than merely mortal.',
          avatar_url: 'https://images.example/ada.svg',
        });
        await button(page, 'Save profile').click();
        await expect(notice(page)).toBeVisible();
        if (all) await take(page, 'profile-saved');
        await page.goto('/profile');
        await take(page, 'profile');
        if (all) {
          await page.goto('/');
          await take(page, 'home-signed-in');
          const other = await elsewhere({ userAgent: browsers['Firefox on Windows'] });
          await signIn(other, ada);
          await signIn(await elsewhere({ userAgent: browsers['Safari on iPhone'] }), ada);
          await page.goto('/sessions');
          await take(page, 'sessions');
          await button(page, 'End all other sessions').click();
          await expect(notice(page)).toBeVisible();
          await take(page, 'sessions-ended');
          await fill(other, { signature: 'typed too late' });
          await button(other, 'Save profile').click();
          await expect(warning(other)).toBeVisible();
          await take(other, 'login-session-ended');
          await page.goto('/password');
          await take(page, 'password');
          const root = await elsewhere();
          const administrator = newPerson();
          await register(root, administrator);
          await server.operate('user', 'grant', administrator.email, 'administrator');
          await signOut(root);
          await signIn(root, administrator);
          await root.goto('/admin');
          await take(root, 'admin');
          await root.getByRole('link', { name: ada.email }).click();
          await take(root, 'admin-user');
          await root.locator('#roles').fill('No Role!');
          await button(root, 'Set roles').click();
          await take(root, 'admin-user-errors');
          await root.goto('/admin/audit');
          await take(root, 'admin-audit');
          await root.goto('/admin/audit?user=nobody');
          await take(root, 'admin-audit-nothing');
          for (const path of ['/profile', '/password'] as const) {
            await failOn(page, path);
            await take(page, `${path.slice(1)}-errors`);
          }
        }
      });
    });
  }
}

// axe finds nothing to mend on any page, in the light and in the dark.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { failOn, register, signIn, signOut } from '../../support/pages.ts';
import { expect, newPerson, test } from '../../support/test.ts';
import type { AxeResults } from 'axe-core';
import type { Page } from '@playwright/test';

// axe is a script the policy would refuse; the policy itself is tested everywhere else.
test.use({ bypassCSP: true });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function expectAccessible(page: Page, what: string) {
  await page.waitForLoadState('networkidle');
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect(found, what).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('pages of a stranger', async ({ page }) => {
      for (const path of ['/', '/register', '/login', '/no/such/page']) {
        await page.goto(path);
        await expectAccessible(page, path);
      }
      for (const path of ['/register', '/login'] as const) {
        await failOn(page, path);
        await expectAccessible(page, `${path} with errors`);
      }
    });

    test('pages of an account', async ({ page, person, elsewhere }) => {
      await register(page, person);
      await signIn(await elsewhere(), person);
      await expectAccessible(page, '/profile with a notice');
      for (const path of ['/', '/profile', '/sessions', '/password']) {
        await page.goto(path);
        await expectAccessible(page, path);
      }
      for (const path of ['/profile', '/password'] as const) {
        await failOn(page, path);
        await expectAccessible(page, `${path} with errors`);
      }
    });

    test('pages of an administrator', async ({ page, person, server, elsewhere }) => {
      await register(await elsewhere(), person);
      const administrator = newPerson();
      await register(page, administrator);
      await server.operate('user', 'grant', administrator.email, 'administrator');
      await signOut(page);
      await signIn(page, administrator);
      await page.goto('/admin');
      await page.getByRole('link', { name: person.email }).click();
      for (const more of await page.locator('summary').all()) await more.click();
      await expectAccessible(page, "a user's page");
      await page.locator('#roles').fill('No Role!');
      await page.getByRole('button', { name: 'Set roles' }).click();
      await expectAccessible(page, "a user's page with errors");
      await page.goto('/admin');
      await expectAccessible(page, '/admin');
      await page.goto('/admin?query=nobody');
      await expectAccessible(page, '/admin without users');
      await page.goto('/admin/audit');
      await expectAccessible(page, '/admin/audit');
      await page.goto('/admin/audit?user=nobody');
      await expectAccessible(page, '/admin/audit without records');
    });
  });
}

// Links on other sites, such as in a mail, lead signed-in people to the page they name, although browsers hold
// SameSite=Strict cookies back from such a visit: it goes round once.
import { register, signOut } from '../support/pages.ts';
import { startStranger, type Stranger } from '../support/stranger.ts';
import { expect, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

/** Another site with a link to that page of ours. */
async function linkTo(address: string): Promise<Stranger> {
  return startStranger(`<!doctype html><title>A mail</title><p><a href="${address}">Have a look</a></p>`);
}

async function follow(page: Page, stranger: Stranger, host: string) {
  await page.goto(stranger.origin(host));
  await page.getByRole('link', { name: 'Have a look' }).click();
}

/** The page between is no stop on the way back. */
async function expectBackAt(stranger: Stranger, host: string, page: Page) {
  // A page that the browser has kept in memory is there without loading.
  await page.goBack({ waitUntil: 'commit' });
  await expect(page).toHaveURL(`${stranger.origin(host)}/`);
  await expect(page.getByRole('link', { name: 'Have a look' })).toBeVisible();
}

/** The statuses of a page from now on, one for each time that it is asked for. */
function statusesOf(page: Page, path: string): number[] {
  const statuses: number[] = [];
  page.on('response', (response) => {
    if (new URL(response.url()).pathname === path) statuses.push(response.status());
  });
  return statuses;
}

// From another port of the same host, cookies come along: there is nothing to go round for.
for (const [kind, host, statuses] of [
  ['another site', 'localhost', [200, 200]],
  ['another origin of the same site', '127.0.0.1', [200]],
] as const) {
  test(`a link of ${kind} leads a signed-in person to the page`, async ({ page, person, server }) => {
    await register(page, person);
    const address = '/profile?from=a%20letter&again=1;2';
    const stranger = await linkTo(server.origin + address);
    const seen = statusesOf(page, '/profile');
    await follow(page, stranger, host);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your profile');
    await expect(page).toHaveURL(address);
    // Once round and no further: only silence can show that.
    await page.waitForLoadState('networkidle');
    expect(seen).toEqual(statuses);

    await expectBackAt(stranger, host, page);
    await stranger.close();
  });
}

test('a stranger is asked to sign in, after one round', async ({ page, server }) => {
  const stranger = await linkTo(`${server.origin}/profile`);
  const seen = statusesOf(page, '/profile');
  await follow(page, stranger, 'localhost');
  await expect(page).toHaveURL('/login?next=/profile');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  await page.waitForLoadState('networkidle');
  expect(seen).toEqual([200, 303]);

  await expectBackAt(stranger, 'localhost', page);
  await stranger.close();
});

test('the home page knows who comes by a link', async ({ page, person, server }) => {
  await register(page, person);
  const stranger = await linkTo(server.origin);
  const seen = statusesOf(page, '/');
  await follow(page, stranger, 'localhost');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${person.nickname}`);
  await page.waitForLoadState('networkidle');
  // The first is the other site's own page.
  expect(seen).toEqual([200, 200, 200]);
  await stranger.close();
});

test('a second link, at once, leads there too', async ({ page, person, server }) => {
  await register(page, person);
  const stranger = await linkTo(`${server.origin}/profile`);
  for (let turn = 0; turn < 2; turn++) {
    await follow(page, stranger, 'localhost');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your profile');
  }
  await stranger.close();
});

test('whoever signed out is not let in by a link', async ({ page, person, server }) => {
  await register(page, person);
  await signOut(page);
  const stranger = await linkTo(`${server.origin}/profile`);
  await follow(page, stranger, 'localhost');
  await expect(page).toHaveURL('/login?next=/profile');
  await expect(page.locator('body')).not.toContainText(person.email);
  await stranger.close();
});

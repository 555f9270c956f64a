// The link that a program without administrators prints at its start makes one, once.
import { button, notice, register, sendSignIn, signOut } from '../support/pages.ts';
import { expect, newPerson, test } from '../support/test.ts';

// A server of this file's own: elsewhere there are administrators.
test.use({ settings: { VESTIBULE_ROLES: 'editor, reviewer' } });

test('whoever holds the link becomes the first administrator, and nobody after them', async ({ page, person, server, elsewhere }) => {
  const link = /http:\S+\/first-administrator\?invitation=\S+/.exec(server.log())?.[0];
  expect(link, 'the link in the output').toBeDefined();
  await register(page, person);
  await signOut(page);

  await page.goto(link ?? '');
  await expect(page).toHaveURL(/\/login\?next=\/first-administrator/);
  await sendSignIn(page, person);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The first administrator');
  await button(page, 'Become administrator').click();
  await expect(page).toHaveURL('/admin');
  await expect(notice(page)).toHaveText('You are the first administrator. The link is good no more.');

  const late = await elsewhere();
  await register(late, newPerson());
  for (const browser of [page, late]) {
    await browser.goto(link ?? '');
    await expect(browser.getByRole('heading', { level: 1 })).toHaveText('There is no page here');
  }
});

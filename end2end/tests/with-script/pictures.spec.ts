// Every page looks as it does in docs/images, where the README has its pictures from. `make screenshots` takes them anew.
import { expect, test } from '../../support/test.ts';
import { askForLetter, browsers, button, failOn, fill, notice, openMailbox, register, signIn, subjects } from '../../support/pages.ts';
import { inEveryLook } from '../../support/pictures.ts';
import { portrait } from '../../support/uploads.ts';
import type { Page } from '@playwright/test';

// A server of this file's own: on others, the list of users has names from other tests.
test.use({ settings: { VESTIBULE_ROLES: 'editor, librarian' }, userAgent: browsers['Firefox on Windows'] });

const password = 'copper violin under seven lamps';
const ada = { email: 'ada.lovelace@example.org', nickname: 'Ada Lovelace', password };
const charles = { email: 'charles.babbage@example.org', nickname: 'Charles Babbage', password };
const mary = { email: 'mary.somerville@example.org', nickname: 'Mary Somerville', password };
const others = [{ email: 'grace.hopper@example.org', nickname: 'Grace Hopper', password }, mary];

/** In the families of style/tokens.css, but not with the style itself: whoever changes that wants to see the comparison fail. */
const sample = `<body style="inline-size: 20rem; background: white; font: 16px sans-serif">
  <p style="font-family: -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Ubuntu, Cantarell, sans-serif">Vestibule <b>0123456789</b> 玄关</p>
  <p style="font-family: 'Iowan Old Style', Palatino, 'URW Palladio L', P052, serif; font-size: 40px">Your profile</p>
  <p style="font-family: monospace">copper violin</p>
  <input type="checkbox" checked> <input type="date"> <select><option>Anything</option></select> <details>`;

async function isDrawnAsInThePictures(page: Page): Promise<boolean> {
  await page.setContent(sample);
  const exactly = { threshold: 0, maxDiffPixels: 0, timeout: 3_000 };
  return expect(page.locator('body')).toHaveScreenshot('type-sample.png', exactly).then(
    () => true,
    (error: Error) => {
      if (error.message.includes("doesn't exist")) throw error;
      return false;
    },
  );
}

async function look(page: Page, name: string) {
  await inEveryLook(page, (look) =>
    // Where the sample comes out pixel by pixel, so do the pages. The threshold allows for the 256 colours of the pictures, and fifty
    // pixels, less than a word, for a rounded edge here and there. Soft, so that one run tells of all that differ.
    expect.soft(page).toHaveScreenshot(`${name}-${look}.png`, { fullPage: true, threshold: 0.05, maxDiffPixels: 50 }),
  );
}

test('every page looks as in its picture', async ({ page, server, elsewhere }) => {
  // Some hundred pictures.
  test.setTimeout(240_000);
  const isComparable = await isDrawnAsInThePictures(page);
  const reason = 'Pictures are not compared: text is drawn otherwise here than where they were taken (docs/images/type-sample.png).';
  if (!isComparable) console.log(reason);
  test.skip(!isComparable, reason);

  for (const [name, path] of Object.entries({ home: '/', register: '/register', login: '/login', 'not-found': '/no/such/page' })) {
    await page.goto(path);
    await look(page, name);
  }
  await failOn(page, '/login');
  await look(page, 'login-errors');
  const chinese = await elsewhere({ locale: 'zh-CN' });
  await chinese.goto('/login');
  await look(chinese, 'login-chinese');

  for (const person of others) await page.request.post('/api/v1/users', { data: person });
  await register(await elsewhere({ userAgent: browsers['Safari on iPhone'] }), charles);
  await register(page, ada);
  await fill(page, { signature: 'That brain of mine is something more than merely mortal.' });
  await button(page, 'Save profile').click();
  await expect(notice(page)).toBeVisible();
  await page.locator('#avatar').setInputFiles(portrait());
  await button(page, 'Upload picture').click();
  await expect(notice(page)).toHaveText('Your picture is saved.');
  await signIn(await elsewhere({ userAgent: browsers['Safari on iPhone'] }), ada);
  for (const [name, path] of Object.entries({ 'home-signed-in': '/', profile: '/profile', sessions: '/sessions', password: '/password', email: '/email', account: '/account' })) {
    await page.goto(path);
    await look(page, name);
  }
  const proof = await openMailbox(page, ada.email, subjects.confirm);
  await proof.getByRole('link').click();
  await expect(button(page, 'Confirm')).toBeVisible();
  await look(page, 'verify');
  // Somebody whom no other picture tells of.
  const forgetful = await elsewhere();
  await forgetful.goto('/forgot');
  await look(forgetful, 'forgot');
  await askForLetter(forgetful, mary.email);
  await look(forgetful, 'reset');
  const letter = await openMailbox(forgetful, mary.email, subjects.reset);
  // The newest two: everybody has some there by now.
  await forgetful.evaluate(() => [...document.querySelectorAll('.letter')].slice(2).forEach((one) => one.remove()));
  await look(forgetful, 'mailbox');
  await letter.getByRole('link').click();
  await expect(forgetful.locator('.password-field__toggle')).toBeVisible();
  await look(forgetful, 'reset-link');

  await failOn(page, '/profile');
  await look(page, 'profile-errors');

  const link = /http:\S+\/first-administrator\?invitation=\S+/.exec(server.log())?.[0];
  await page.goto(link ?? 'no link in the output');
  await look(page, 'first-administrator');
  await button(page, 'Become administrator').click();
  await expect(page).toHaveURL('/admin');
  await page.goto('/admin');
  await look(page, 'admin');
  await page.getByRole('link', { name: charles.email }).click();
  await look(page, 'admin-user');
  await page.goto(`/admin/audit?user=${ada.email}`);
  await look(page, 'admin-audit');
});

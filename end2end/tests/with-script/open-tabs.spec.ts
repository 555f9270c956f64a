// Tabs that stay open are told when their session ends, at once, and what is typed in them stays.
import { browsers, button, fill, notice, openListening, register, sendSignIn, signIn, signOut, told, warning } from '../../support/pages.ts';
import { expect, newPerson, test } from '../../support/test.ts';
import type { Page } from '@playwright/test';

function ended(page: Page) {
  return page.locator('#session-ended');
}

/** Waits until no tab of this browser listens any more: each holds the lock while it does, and this stands last. */
async function untilNobodyListens(page: Page) {
  await page.evaluate(() => navigator.locks.request('vestibule-events', () => {}));
}

/** As if the tab came to the front; waits for what it fetches then, if it fetches anything. */
async function lookAgain(page: Page) {
  // A headless tab is always looked at: the event alone says that it is so again.
  await page.evaluate(async () => {
    const fetched: Promise<unknown>[] = [];
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (...body) {
      fetched.push(new Promise((done) => this.addEventListener('loadend', done)));
      send.apply(this, body);
    };
    document.dispatchEvent(new Event('visibilitychange'));
    XMLHttpRequest.prototype.send = send;
    await Promise.all(fetched);
  });
}

async function endAllOthers(page: Page) {
  await page.goto('/sessions');
  await button(page, 'End all other sessions').click();
  await expect(notice(page)).toHaveText('Every other session is ended.');
}

const why = told('This session was ended from Firefox on Windows at ….');

test('all tabs of the ended session are told, and none of another', async ({ page, context, person, elsewhere }) => {
  await register(page, person);
  await openListening(page, '/profile');
  await fill(page, { signature: 'half a thought' });
  // It hears it from the other tab.
  const tab = await context.newPage();
  await tab.goto('/');
  await expect(ended(tab)).toBeHidden();
  const other = await elsewhere({ userAgent: browsers['Firefox on Windows'] });
  await signIn(other, person);
  await endAllOthers(other);

  for (const open of [page, tab]) {
    await expect(ended(open)).toBeVisible();
    await expect(ended(open).locator('p').first()).toHaveText(why);
  }
  await expect(page.locator('#signature')).toHaveValue('half a thought');
  await expect(ended(other)).toBeHidden();
  await ended(page).getByRole('link', { name: 'Sign in again' }).click();
  await expect(page).toHaveURL('/login?next=/profile');
});

test('with two tabs open, the sign-in form still says why', async ({ page, context, person, elsewhere }) => {
  await register(page, person);
  await openListening(page, '/profile');
  await fill(page, { signature: 'half a thought' });
  const tab = await context.newPage();
  await tab.goto('/');
  const other = await elsewhere({ userAgent: browsers['Firefox on Windows'] });
  await signIn(other, person);
  await endAllOthers(other);
  await expect(ended(tab)).toBeVisible();
  await untilNobodyListens(tab);

  await button(page, 'Save profile').click();
  await expect(page).toHaveURL('/login?next=/profile');
  await expect(warning(page)).toHaveText(why);
  await expect(notice(page)).toHaveText('What you had typed is kept: sign in to find it again.');
});

test('a tab of another person who signed in since is told nothing', async ({ page, context, person, elsewhere }) => {
  const stranger = newPerson();
  await register(await elsewhere(), stranger);
  await register(page, person);
  await openListening(page, '/profile');
  const tab = await context.newPage();
  await tab.goto('/');
  await signOut(tab);
  await expect(ended(page).locator('p').first()).toHaveText(told('You signed out at ….'));
  await sendSignIn(tab, stranger);
  await expect(tab).toHaveURL('/profile');
  await tab.waitForLoadState('networkidle');
  await expect(ended(tab)).toBeHidden();
});

test('a list that is looked at again is up to date', async ({ page, person, elsewhere }) => {
  await register(page, person);
  await page.goto('/sessions');
  const sessions = page.locator('.sessions').getByRole('listitem');
  await expect(sessions).toHaveCount(1);
  await signIn(await elsewhere({ userAgent: browsers['Firefox on Windows'] }), person);
  await lookAgain(page);
  await expect(sessions).toHaveCount(2);
  await expect(button(page, 'End the session of Firefox on Windows')).toBeVisible();
  await expect(button(page, 'End all other sessions')).toBeVisible();
});

test('a list that is looked at again after its session ended leaves the news to the sign-in form', async ({ page, person, elsewhere }) => {
  await register(page, person);
  await openListening(page, '/sessions');
  const other = await elsewhere({ userAgent: browsers['Firefox on Windows'] });
  await signIn(other, person);
  await endAllOthers(other);
  await expect(ended(page)).toBeVisible();
  await lookAgain(page);

  await page.goto('/profile');
  await expect(page).toHaveURL('/login?next=/profile');
  await expect(warning(page)).toHaveText(why);
});

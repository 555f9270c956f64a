// The list of sessions, how they are ended from another one, and what becomes of a form that was open when
// that happened.
import { browsers, button, errorSummary, fill, notice, register, sendSignIn, signIn, signOut, told, warning } from '../support/pages.ts';
import { expect, newPerson, test, type Elsewhere, type Person } from '../support/test.ts';
import type { Locator, Page } from '@playwright/test';

type Device = keyof typeof browsers;

/** Another browser of that person, signed in. */
async function signInFrom(device: Device, person: Person, elsewhere: Elsewhere): Promise<Page> {
  const page = await elsewhere({ userAgent: browsers[device] });
  await signIn(page, person);
  return page;
}

function sessions(page: Page): Locator {
  return page.locator('.sessions').getByRole('listitem');
}

/** The one that the list says is this browser's. */
function own(page: Page): Locator {
  return sessions(page).filter({ has: page.getByText('This one', { exact: true }) });
}

function endButton(page: Page, device: Device): Locator {
  return button(page, `End the session of ${device}`);
}

/** What the pages call the browser that runs these tests; the others only say that they are another one. */
async function ownDevice(page: Page): Promise<string> {
  await page.goto('/sessions');
  return own(page).getByRole('heading').innerText();
}

/** The next page of an ended session is the sign-in form, which says why, and says it once. */
async function expectEnded(page: Page, why: RegExp) {
  await page.goto('/profile');
  await expect(page).toHaveURL('/login?next=/profile');
  await expect(warning(page)).toHaveText(why);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  await expect(warning(page)).toHaveCount(0);
}

async function expectAlive(page: Page) {
  await page.goto('/profile');
  await expect(page).toHaveURL('/profile');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your profile');
}

test('the list says where one is signed in, and which of it is here', async ({ page, person, elsewhere }) => {
  await register(page, person);
  await page.getByRole('navigation', { name: 'Account' }).getByRole('link', { name: 'Sessions' }).click();
  await expect(page).toHaveURL('/sessions');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your sessions');
  await expect(sessions(page)).toHaveCount(1);
  await expect(own(page).getByRole('heading')).toHaveText(/^Chrom(e|ium) on \w+$/);
  await expect(own(page)).toContainText('127.0.0.0/24');
  await expect(own(page).locator('time')).toHaveText([told('…'), told('…')]);
  // Alone, there is nothing to end.
  await expect(page.getByRole('main').getByRole('button')).toHaveCount(0);

  const other = await signInFrom('Firefox on Windows', person, elsewhere);
  // Somebody else's is none of this list's.
  await register(await elsewhere({ userAgent: browsers['Safari on iPhone'] }), newPerson());

  await page.reload();
  await expect(sessions(page)).toHaveCount(2);
  await expect(own(page)).toHaveCount(1);
  await expect(own(page).getByRole('heading')).toHaveText(/^Chrom/);
  await expect(own(page).getByRole('button')).toHaveCount(0);
  await expect(endButton(page, 'Firefox on Windows')).toHaveText('End');
  await other.goto('/sessions');
  await expect(sessions(other)).toHaveCount(2);
  await expect(own(other).getByRole('heading')).toHaveText('Firefox on Windows');
});

test('one session can be ended, and is told from where', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const firefox = await signInFrom('Firefox on Windows', person, elsewhere);
  const safari = await signInFrom('Safari on iPhone', person, elsewhere);
  const here = await ownDevice(page);

  await endButton(page, 'Firefox on Windows').click();
  await expect(page).toHaveURL('/sessions');
  await expect(notice(page)).toHaveText('That session is ended.');
  await expect(sessions(page)).toHaveCount(2);
  await expect(endButton(page, 'Firefox on Windows')).toHaveCount(0);

  await expectEnded(firefox, told(`This session was ended from ${here} at ….`));
  await expectAlive(page);
  await expectAlive(safari);
  // Nothing of it is left: one signs in as ever.
  await sendSignIn(firefox, person);
  await expect(firefox).toHaveURL('/profile');
  await expect(warning(firefox)).toHaveCount(0);
});

test('a list that is out of date does no harm', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const firefox = await signInFrom('Firefox on Windows', person, elsewhere);
  await page.goto('/sessions');
  await signOut(firefox);
  await endButton(page, 'Firefox on Windows').click();
  await expect(notice(page)).toHaveText('That session is ended.');
  await expect(sessions(page)).toHaveCount(1);
  await expectAlive(page);
});

test('all other sessions end at once, and this one lives on', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const others = [
    await signInFrom('Firefox on Windows', person, elsewhere),
    await signInFrom('Safari on iPhone', person, elsewhere),
  ];
  const here = await ownDevice(page);
  await expect(sessions(page)).toHaveCount(3);

  await button(page, 'End all other sessions').click();
  await expect(page).toHaveURL('/sessions');
  await expect(notice(page)).toHaveText('Every other session is ended.');
  await expect(sessions(page)).toHaveCount(1);
  await expect(own(page)).toBeVisible();
  await expect(button(page, 'End all other sessions')).toHaveCount(0);

  for (const other of others) await expectEnded(other, told(`This session was ended from ${here} at ….`));
  await expectAlive(page);
});

test('whoever ends a session from one that is over is asked to sign in, and is back at the list', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const firefox = await signInFrom('Firefox on Windows', person, elsewhere);
  await page.goto('/sessions');
  await firefox.goto('/sessions');
  await button(firefox, 'End all other sessions').click();
  await expect(notice(firefox)).toHaveText('Every other session is ended.');

  await endButton(page, 'Firefox on Windows').click();
  await expect(page).toHaveURL('/login?next=/sessions');
  await expect(warning(page)).toHaveText(told('This session was ended from Firefox on Windows at ….'));
  // Nothing had been typed.
  await expect(notice(page)).toHaveCount(0);
  await expectAlive(firefox);
  await sendSignIn(page, person);
  await expect(page).toHaveURL('/sessions');
  await expect(sessions(page)).toHaveCount(2);
});

test.describe('a form that is sent after its session has ended', () => {
  const typed = { nickname: 'Countess <of> Lovelace', signature: 'Two lines & more,\nof which none may be lost.' };

  /** Registers and types into the profile, without saving it. */
  async function type(page: Page, person: Person) {
    await register(page, person);
    await page.goto('/profile');
    await fill(page, typed);
  }

  async function endAllOthers(page: Page) {
    await page.goto('/sessions');
    await button(page, 'End all other sessions').click();
    await expect(notice(page)).toHaveText('Every other session is ended.');
  }

  /** To the sign-in form, which has kept what was typed. */
  async function expectKept(page: Page, why: RegExp) {
    await button(page, 'Save profile').click();
    await expect(page).toHaveURL('/login?next=/profile');
    await expect(warning(page)).toHaveText(why);
    await expect(notice(page)).toHaveText('What you had typed is kept: sign in to find it again.');
  }

  async function expectNothingTyped(page: Page) {
    await expect(page.locator('body')).not.toContainText('Countess');
    await expect(page.locator('#nickname')).not.toHaveValue(typed.nickname);
    await expect(page.locator('#signature')).toHaveValue('');
    await expect(notice(page)).toHaveCount(0);
  }

  async function expectFoundAgain(page: Page, person: Person) {
    await expect(page).toHaveURL('/profile');
    await expect(notice(page)).toHaveText('Here is what you had typed. It is not saved yet.');
    for (const [name, value] of Object.entries(typed)) await expect(page.locator(`#${name}`)).toHaveValue(value);
    const identity = page.locator('.identity');
    await expect(identity).toContainText(person.nickname);
    await expect(identity).not.toContainText(typed.nickname);

    await button(page, 'Save profile').click();
    await expect(notice(page)).toHaveText('Your profile is saved.');
    await page.goto('/profile');
    for (const [name, value] of Object.entries(typed)) await expect(page.locator(`#${name}`)).toHaveValue(value);
    await expect(identity).toContainText(typed.nickname);
    await expect(notice(page)).toHaveCount(0);
  }

  test('by a new password: what was typed is found again', async ({ page, person, elsewhere }) => {
    await type(page, person);
    const firefox = await signInFrom('Firefox on Windows', person, elsewhere);
    const changed = { ...person, password: `${person.password} changed` };
    await firefox.goto('/password');
    await fill(firefox, { current_password: person.password, new_password: changed.password });
    await button(firefox, 'Change password').click();
    await expect(notice(firefox)).toHaveText('Your password is changed. Every other session was ended.');

    await expectKept(page, told('You were signed out here because your password was changed from Firefox on Windows at ….'));
    await sendSignIn(page, changed);
    await expectFoundAgain(page, person);
  });

  test('from the list: what was typed is found again, after a wrong password too', async ({ page, person, elsewhere }) => {
    await type(page, person);
    await endAllOthers(await signInFrom('Firefox on Windows', person, elsewhere));

    await expectKept(page, told('This session was ended from Firefox on Windows at ….'));
    await sendSignIn(page, { ...person, password: 'not the right one' });
    await expect(errorSummary(page)).toBeVisible();
    await sendSignIn(page, person);
    await expectFoundAgain(page, person);
  });

  test('by signing out in another tab: what was typed is found again', async ({ page, context, person }) => {
    await type(page, person);
    const tab = await context.newPage();
    await tab.goto('/');
    await signOut(tab);

    await button(page, 'Save profile').click();
    await expect(page).toHaveURL('/login?next=/profile');
    // The other tab was told already that this was done, and by whom.
    await expect(warning(page)).toHaveCount(0);
    await expect(errorSummary(page)).toHaveText('Sign in to continue.');
    await expect(notice(page)).toHaveText('What you had typed is kept: sign in to find it again.');
    await sendSignIn(page, person);
    await expectFoundAgain(page, person);
  });

  test('nothing of it is shown to somebody else who signs in there', async ({ page, person, elsewhere }) => {
    const stranger = newPerson();
    await register(await elsewhere(), stranger);
    await type(page, person);
    await endAllOthers(await signInFrom('Firefox on Windows', person, elsewhere));
    await expectKept(page, told('This session was ended from Firefox on Windows at ….'));

    await sendSignIn(page, stranger);
    await expect(page).toHaveURL('/profile');
    await expect(page.locator('#nickname')).toHaveValue(stranger.nickname);
    await expectNothingTyped(page);
    // It is gone: the one who typed it finds nothing either.
    await signOut(page);
    await signIn(page, person);
    await expect(page.locator('#nickname')).toHaveValue(person.nickname);
    await expectNothingTyped(page);
  });

  test('nothing of it is shown to somebody else who registers there', async ({ page, person, elsewhere }) => {
    const stranger = newPerson();
    await type(page, person);
    await endAllOthers(await signInFrom('Firefox on Windows', person, elsewhere));
    await expectKept(page, told('This session was ended from Firefox on Windows at ….'));

    await register(page, stranger);
    await expect(notice(page)).toHaveText('Welcome. Your account is ready.');
    await page.goto('/profile');
    await expect(page.locator('#nickname')).toHaveValue(stranger.nickname);
    await expectNothingTyped(page);
  });

  test('and after somebody else signed in in another tab saves nothing', async ({ page, context, person, elsewhere }) => {
    const stranger = newPerson();
    const strangersOwn = await elsewhere();
    await register(strangersOwn, stranger);
    await type(page, person);

    const tab = await context.newPage();
    await tab.goto('/');
    await signOut(tab);
    await sendSignIn(tab, stranger);
    await expect(tab).toHaveURL('/profile');

    await button(page, 'Save profile').click();
    await expect(errorSummary(page)).toContainText(
      'Somebody else is signed in here now than when this form was opened. Nothing was saved.',
    );
    await expect(page.locator('#nickname')).toHaveValue(stranger.nickname);
    await expectNothingTyped(page);
    for (const theirs of [tab, strangersOwn]) {
      await theirs.goto('/profile');
      await expect(theirs.locator('#nickname')).toHaveValue(stranger.nickname);
      await expectNothingTyped(theirs);
    }
    const mine = await elsewhere();
    await signIn(mine, person);
    await expect(mine.locator('#nickname')).toHaveValue(person.nickname);
  });
});

// One session at a time: the newest wins, and the one that it displaced is told why.
import { browsers, register, sendSignIn, signIn, told, warning } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test.use({ settings: { VESTIBULE_SESSION_LIMIT: '1' } });

const only = 'Only so many sessions may be open at once.';

test('the displaced browser is told at its next page', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const other = await elsewhere({ userAgent: browsers['Firefox on Windows'] });
  await signIn(other, person);

  await page.goto('/profile');
  await expect(page).toHaveURL('/login?next=/profile');
  await expect(warning(page)).toHaveText(
    told(`You were signed out here because you signed in from Firefox on Windows at …. ${only}`),
  );
  await other.goto('/sessions');
  await expect(other.locator('.sessions').getByRole('listitem')).toHaveCount(1);
  const displaced = await elsewhere();
  await displaced.goto('/login');
  await expect(warning(displaced)).toHaveCount(0);
});

test('also on a page for everybody, and only once', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const other = await elsewhere({ userAgent: browsers['Safari on iPhone'] });
  await signIn(other, person);

  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your front door');
  await expect(warning(page)).toHaveText(
    told(`You were signed out here because you signed in from Safari on iPhone at …. ${only}`),
  );
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your front door');
  await expect(warning(page)).toHaveCount(0);
});

test('back again, one displaces the other in turn', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const other = await elsewhere({ userAgent: browsers['Firefox on Windows'] });
  await signIn(other, person);
  await page.goto('/profile');
  await sendSignIn(page, person);
  await expect(page).toHaveURL('/profile');
  // Its own end is told to the other, not to this one again.
  await expect(warning(page)).toHaveCount(0);

  await other.goto('/profile');
  await expect(other).toHaveURL('/login?next=/profile');
  await expect(warning(other)).toHaveText(/^You were signed out here because you signed in from Chrom(e|ium) on /);
});

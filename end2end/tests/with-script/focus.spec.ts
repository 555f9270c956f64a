// What an open tab is told of its session's end covers nothing that has the focus, however small the window.
import { stops } from '../../support/keyboard.ts';
import { browsers, button, openListening, register, signIn } from '../../support/pages.ts';
import { expect, test } from '../../support/test.ts';

for (const [width, height] of [
  [320, 640],
  // A window of 1280 by 1024, magnified four times.
  [320, 256],
] as const) {
  test(`what has the focus is in sight, at ${width} by ${height}`, async ({ page, person, elsewhere }) => {
    await page.setViewportSize({ width, height });
    await register(page, person);
    await openListening(page, '/profile');
    const other = await elsewhere({ userAgent: browsers['Firefox on Windows'] });
    await signIn(other, person);
    await other.goto('/sessions');
    await button(other, 'End all other sessions').click();
    await expect(page.locator('#session-ended')).toBeVisible();
    // Each stop is checked to be in sight.
    const there = await stops(page);
    expect(there).toContain('link "Sign in again"');
    expect(await stops(page, 'Shift+Tab')).toEqual(there.toReversed());
  });
}

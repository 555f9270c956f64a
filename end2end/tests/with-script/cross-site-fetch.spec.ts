// The same attacks as in cross-site.spec.ts, by script.
import { register } from '../../support/pages.ts';
import { startStranger } from '../../support/stranger.ts';
import { expect, test } from '../../support/test.ts';

for (const host of ['localhost', '127.0.0.1']) {
  test(`a fetch with credentials from ${host} on another port changes nothing`, async ({ page, person, problems, server }) => {
    await register(page, person);
    const action = `${server.origin}/action/update_profile`;
    const stranger = await startStranger('<!doctype html><title>A game</title>');
    // What Chromium says of a refused cross-origin answer.
    problems.expect(/(\/action\/update_profile|\/profile)['")]/);
    await page.goto(stranger.origin(host));
    for (const mode of ['no-cors', 'cors'] as const) {
      const readable = await page.evaluate(
        async ({ action, mode }) => {
          const body = new URLSearchParams({ nickname: 'Mallory', signature: '' });
          try {
            const response = await fetch(action, { method: 'POST', mode, credentials: 'include', body });
            return response.type !== 'opaque';
          } catch {
            return false;
          }
        },
        { action, mode },
      );
      expect(readable).toBe(false);
    }
    // Nor can it read a page, or frame one.
    const read = await page.evaluate(
      (url) => fetch(url, { credentials: 'include' }).then((response) => response.text(), () => 'refused'),
      `${server.origin}/profile`,
    );
    expect(read).toBe('refused');
    await stranger.close();

    await page.goto('/profile');
    await expect(page.locator('#nickname')).toHaveValue(person.nickname);
  });
}

test('no other site can frame a page', async ({ page, problems, server }) => {
  const stranger = await startStranger(`<!doctype html><title>A game</title><iframe src="${server.origin}/login"></iframe>`);
  problems.expect(/frame-ancestors|X-Frame-Options|chrome-error:/i);
  const answer = page.waitForResponse(`${server.origin}/login`);
  await page.goto(stranger.origin('localhost'));
  await answer;
  await expect(page.frameLocator('iframe').locator('#email')).toHaveCount(0);
  await stranger.close();
});

// What visitors notice of a new version: nothing.
import { register } from '../../support/pages.ts';
import { expect, test } from '../../support/test.ts';

// A deployment of its own, so that no other test meets instances that come and go.
test.use({ settings: { VESTIBULE_PASSWORD_MIN: '13' } });

test('instances that are restarted one after the other lose no request and no session', async ({ page, person, server }) => {
  await register(page, person);
  let restarted = false;
  const answers: number[] = [];
  const enough = 20;
  const visit = async () => {
    while (!restarted) {
      answers.push((await page.request.get('/profile')).status());
      const saved = await page.request.post('/action/update_profile', {
        form: { nickname: person.nickname, signature: '' },
        headers: { Origin: server.origin, Accept: 'text/html' },
        maxRedirects: 0,
      });
      answers.push(saved.status());
    }
  };
  const restart = async () => {
    // Again until enough was asked meanwhile: on a busy machine once may be over after a few answers.
    do await server.restart?.();
    while (answers.length <= enough);
    restarted = true;
  };
  await Promise.all([restart(), visit(), visit(), visit()]);
  expect(new Set(answers)).toEqual(new Set([200, 303]));
  await page.goto('/profile');
  await expect(page).toHaveURL('/profile');
});

// Pictures of every page in every state that it has, into target/screenshots, for looking at.
import { resolve } from 'node:path';
import { inEveryLook } from '../support/pictures.ts';
import { test } from '../support/test.ts';
import { walk } from '../support/walk.ts';

const folder = resolve(import.meta.dirname, '../../target/screenshots');

test('every page in every state', async ({ page, person, server, elsewhere }) => {
  await walk({ page, person, server, elsewhere }, (page, what) => {
    const name = what.replace(/\W+/g, '-').replace(/^-|-$/g, '') || 'home';
    return inEveryLook(page, async (look) => {
      await page.screenshot({ path: `${folder}/${name}-${look}.png`, fullPage: true });
    });
  });
});

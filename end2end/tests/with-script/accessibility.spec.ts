// axe finds nothing to mend on any page in any state, in the light and in the dark, on a telephone and on a desk.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AxeBuilder } from '@axe-core/playwright';
import { walk } from '../../support/walk.ts';
import { expect, test } from '../../support/test.ts';
import type { Page } from '@playwright/test';

// axe is a script the policy would refuse; the policy itself is tested everywhere else.
test.use({ bypassCSP: true });

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screens = (['light', 'dark'] as const).flatMap((colorScheme) => [360, 1280].map((width) => ({ colorScheme, width })));

/**
 * Before a drawing or a gradient behind words axe gives up, and would pass any colour of them, on every page: they are taken away.
 * Only the light on the floor has words on it: there the whole floor gets whichever of the two is nearer to them. Nor may colours
 * be on their way from light to dark when axe looks.
 */
function plainGround() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { transition: none !important }
    .card::before, .site-footer::before, .strength::before { display: none !important }
    .page { background-image: none !important }
    .site-footer { background: light-dark(var(--floor), var(--spill)) !important }
  `);
  document.adoptedStyleSheets = [sheet];
  // What is sticky covers what has scrolled under it, as it should.
  scrollTo(0, 0);
}

async function expectAccessible(page: Page, what: string) {
  await page.waitForLoadState('load');
  await page.evaluate(plainGround);
  for (const [index, { colorScheme, width }] of screens.entries()) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    // The first time loads it into the page, where it stays; and there are no frames whose results it would put together.
    const builder = new AxeBuilder({ page, axeSource: index === 0 ? axe : '0' }).setLegacyMode();
    // One or two letters are too few for axe to tell whether they are words: they are a picture, of what stands beside it.
    builder.exclude('.avatar--initials');
    const { violations, incomplete } = await builder.options({ resultTypes: ['violations', 'incomplete'] }).withTags(tags).analyze();
    const found = [...violations, ...incomplete].map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`,
    );
    expect(found, `${what}, ${colorScheme}, ${width} pixels wide`).toEqual([]);
  }
}

test('every page is accessible', async ({ page, person, server, elsewhere }) => {
  await walk({ page, person, server, elsewhere }, expectAccessible);
});

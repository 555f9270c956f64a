// Every page fits a small telephone, a magnified window, and a language that is written from right to left.
import { expectFits } from '../../support/layout.ts';
import { walk } from '../../support/walk.ts';
import { test } from '../../support/test.ts';
import type { Page } from '@playwright/test';

const telephone = { width: 320, height: 640 };
const desk = { width: 1280, height: 800 };
/** The desk's window at 200 %: half as many pixels, each twice as large. */
const magnified = { width: 640, height: 400 };

test.use({ deviceScaleFactor: 2 });

/** What somebody who needs it may set (WCAG 2.2, 1.4.12). It comes from them and not from the page: no policy forbids it. */
function spreadText(spread: boolean) {
  const sheet = new CSSStyleSheet();
  const spacing = 'line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important';
  sheet.replaceSync(`* { ${spacing} } p { margin-block-end: 2em !important }`);
  document.adoptedStyleSheets = spread ? [sheet] : [];
}

function write(direction: 'ltr' | 'rtl') {
  document.documentElement.dir = direction;
}

async function expectFitsEverywhere(page: Page, what: string) {
  await page.setViewportSize(magnified);
  await expectFits(page, `${what}, magnified`);
  await page.setViewportSize(telephone);
  await expectFits(page, `${what}, on a telephone`);
  await page.evaluate(spreadText, true);
  await expectFits(page, `${what}, on a telephone, with text spread`);
  await page.evaluate(spreadText, false);
  await page.evaluate(write, 'rtl' as const);
  await expectFits(page, `${what}, on a telephone, from right to left`);
  await page.setViewportSize(desk);
  await expectFits(page, `${what}, on a desk, from right to left`);
  await page.evaluate(write, 'ltr' as const);
}

test('every page fits', async ({ page, person, server, elsewhere }) => {
  await walk({ page, person, server, elsewhere }, expectFitsEverywhere);
});

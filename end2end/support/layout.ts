// What a page looks like, measured: whether it scrolls sideways, and what is cut off or covered.
import { expect, type Page } from '@playwright/test';

/** What does not fit the page as it is shown now, one line each. */
async function misfits(page: Page): Promise<string[]> {
  // After a form, a page can be asked before its style sheet is there.
  await page.waitForLoadState('load');
  return page.evaluate(() => {
    // What is sticky covers what has scrolled under it, as it should.
    scrollTo(0, 0);
    const found = new Set<string>();
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.add(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);

    // Half a pixel is rounding.
    const within = (inner: DOMRect, outer: DOMRect) => inner.left > outer.left - 1 && inner.right < outer.right + 1;
    const name = (element: Element) => `<${element.localName} class="${element.getAttribute('class') ?? ''}">`;
    const isSeen = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true }) && !element.closest('.visually-hidden, .skip-link, svg');
    const texts: { node: Node; text: string; rect: DOMRect }[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent?.trim().slice(0, 30);
      if (!text || !node.parentElement || !isSeen(node.parentElement)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        if (rect.width > 1) texts.push({ node, text, rect });
      }
    }
    const controls = [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, summary, a.button, img')];
    const boxes = [
      ...texts.map(({ node, text, rect }) => ({ what: `"${text}"`, rect, inside: node.parentElement })),
      ...controls
        .filter(isSeen)
        .map((control) => ({ what: name(control), rect: control.getBoundingClientRect(), inside: control.parentElement })),
    ];
    for (const { what, rect, inside } of boxes) {
      if (rect.left < -1 || rect.right > root.clientWidth + 1) found.add(`${what} is outside of the page`);
      for (let around = inside; around && around !== document.body; around = around.parentElement) {
        const style = getComputedStyle(around);
        if (style.display === 'inline' || style.display === 'contents') continue;
        const outer = around.getBoundingClientRect();
        if (!within(rect, outer)) found.add(`${what} sticks out of ${name(around)}`);
        const isCut = style.overflowY !== 'visible' && (rect.top < outer.top - 1 || rect.bottom > outer.bottom + 1);
        if (isCut) found.add(`${what} is cut off by ${name(around)}`);
      }
    }
    // The boxes of lines that stand close reach into one another; letters do not.
    const core = ({ left, right, top, height }: DOMRect) => ({ left, right, top: top + height / 4, bottom: top + (height * 3) / 4 });
    for (const [index, one] of texts.entries()) {
      for (const other of texts.slice(index + 1)) {
        if (one.node === other.node) continue;
        const [a, b] = [core(one.rect), core(other.rect)];
        const isApart = a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top || b.bottom <= a.top;
        if (!isApart) found.add(`"${one.text}" and "${other.text}" cover one another`);
      }
    }
    return [...found];
  });
}

/** Everything is in sight without scrolling sideways, nothing is cut off or covered by something else. */
export async function expectFits(page: Page, what: string): Promise<void> {
  expect(await misfits(page), what).toEqual([]);
}

// Colours of the system's own, and no motion for whoever wants none.
import { expect, test } from '../../support/test.ts';
import { stops } from '../../support/keyboard.ts';
import { failOn, register, signIn } from '../../support/pages.ts';
import type { Page } from '@playwright/test';

/** What is to be pressed or filled in without an edge that stands out from the ground, which is all that is left of its shape. */
async function withoutEdge(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const ground = getComputedStyle(document.body).backgroundColor;
    // A check box keeps the shape that the system gives it.
    const controls = 'button, .button, select, textarea, input:not([type=hidden], [type=checkbox], .visually-hidden)';
    for (const control of document.querySelectorAll(controls)) {
      if (!control.checkVisibility()) continue;
      const { borderTopStyle, borderTopWidth, borderTopColor } = getComputedStyle(control);
      if (borderTopStyle === 'solid' && parseFloat(borderTopWidth) >= 1 && borderTopColor !== ground) continue;
      found.push(`${control.outerHTML.slice(0, 80)}: ${borderTopWidth} ${borderTopStyle} ${borderTopColor} on ${ground}`);
    }
    return found;
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`forced colours, ${colorScheme}`, () => {
    test.use({ colorScheme, forcedColors: 'active' });

    test('buttons, fields and the focus are seen', async ({ page, person, elsewhere }) => {
      const look = async (what: string) => {
        expect(await withoutEdge(page), what).toEqual([]);
        // Each stop is checked for its ring.
        expect((await stops(page)).length, what).toBeGreaterThan(4);
      };
      await page.goto('/');
      await look('/');
      for (const path of ['/register', '/forgot', '/reset'] as const) {
        await failOn(page, path);
        await look(`${path} with errors`);
      }
      await register(page, person);
      await signIn(await elsewhere(), person);
      for (const path of ['/profile', '/email', '/sessions']) {
        await page.goto(path);
        await look(path);
      }
    });
  });
}

/** The longest that anything on the page takes to change its looks, in seconds. */
async function longestMotion(page: Page): Promise<number> {
  return page.evaluate(() => {
    const seconds = (list: string) => list.split(',').map((time) => parseFloat(time) / (time.trim().endsWith('ms') ? 1000 : 1));
    const times = [...document.querySelectorAll('*')].flatMap((element) =>
      [undefined, '::before', '::after'].flatMap((part) => {
        const style = getComputedStyle(element, part);
        return [...seconds(style.transitionDuration), ...seconds(style.transitionDelay), ...seconds(style.animationDuration)];
      }),
    );
    return Math.max(...times);
  });
}

for (const reducedMotion of ['reduce', 'no-preference'] as const) {
  test.describe(`motion: ${reducedMotion}`, () => {
    test.use({ contextOptions: { reducedMotion } });

    test(reducedMotion === 'reduce' ? 'nothing moves' : 'something moves', async ({ page, person }) => {
      const atMost = reducedMotion === 'reduce' ? 0.001 : 0.5;
      for (const path of ['/', '/login', '/register', '/forgot', '/reset', '/verify', '/mailbox']) {
        await page.goto(path);
        expect(await longestMotion(page), path).toBeLessThanOrEqual(atMost);
      }
      await page.goto('/');
      const running = () => page.evaluate(() => document.getAnimations().length);
      // The door gives a little.
      await page.getByRole('main').getByRole('link', { name: 'Sign in' }).hover();
      if (reducedMotion === 'reduce') await expect.poll(running).toBe(0);
      else expect(await running()).toBeGreaterThan(0);
      if (reducedMotion === 'no-preference') return;
      await register(page, person);
      for (const path of ['/profile', '/sessions', '/password', '/email', '/account']) {
        await page.goto(path);
        expect(await longestMotion(page), path).toBeLessThanOrEqual(atMost);
        expect(await running(), path).toBe(0);
      }
    });
  });
}

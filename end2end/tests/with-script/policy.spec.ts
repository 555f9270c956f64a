// The policy bites, and this suite sees when it does: without this, "no violations" would prove nothing.
import { expect, test } from '../../support/test.ts';

test('inline style and markup from strings are refused and reported', async ({ page, problems }) => {
  await page.goto('/');
  await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
  const thrown = await page.evaluate(() => {
    try {
      document.body.innerHTML = '<b>markup</b>';
      return 'nothing';
    } catch (error) {
      return (error as Error).name;
    }
  });
  expect(thrown).toBe('TypeError');
  expect(await page.evaluate(() => document.body.style.color)).toBe('');
  await expect.poll(() => problems.found().join('\n')).toMatch(/CSP violation: require-trusted-types-for/);
  await expect.poll(() => problems.found().join('\n')).toMatch(/CSP violation: style-src-attr/);
  problems.expect(/CSP violation|Content Security Policy|'TrustedHTML' assignment/i);
});

test('every answer has a nonce of its own', async ({ request }) => {
  const nonces = new Set<string>();
  for (let turn = 0; turn < 5; turn++) {
    const policy = (await request.get('/login')).headers()['content-security-policy'] ?? '';
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    expect(nonce).toBeTruthy();
    nonces.add(nonce ?? '');
  }
  expect(nonces.size).toBe(5);
});

// A visitor who reads Chinese, on every page; and one who changes the language.
import { button, fieldError, openMailbox, register, signIn } from '../support/pages.ts';
import { expect, newPerson, test } from '../support/test.ts';
import type { Page } from '@playwright/test';

// What is written in Latin letters in Chinese too.
const latin = /Vestibule|PNG|JPEG|WebP|MB|\b[A-Z]{1,2}\b|JavaScript|English|API|Chromium|Chrome|Linux|Ada|UTC|CSV|JSON|VESTIBULE_ROLES|https?:\/\/[\w.:\/]+|https|editor|administrator|[\w.]+@[\w.]+|[0-9a-f]{8,}/g;

// A server of its own: on others, the list of users has names from other tests.
test.use({ settings: { VESTIBULE_PASSWORD_MIN: '13' } });

/** Every word on the page, seen or told to screen readers. */
async function words(page: Page): Promise<string> {
  const shown = await page.locator('body').innerText();
  const labels = await page.locator('[aria-label]').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
  const codes = await page.locator('code').allInnerTexts();
  return codes.reduce((text, code) => text.replaceAll(code, ''), [await page.title(), shown, ...labels].join('\n'));
}

async function expectChinese(page: Page, path: string) {
  await page.goto(path);
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans');
  const left = (await words(page)).replaceAll(latin, '').match(/[A-Za-z]{2,}/g);
  expect(left, path).toBeNull();
}

test('every page is in Chinese for whoever asks for it', async ({ elsewhere, server }) => {
  const page = await elsewhere({ locale: 'zh-CN' });
  const person = newPerson();
  const forgotten = ['/forgot', '/reset', '/reset?token=nonsense', '/verify', '/verify?token=nonsense', '/mailbox'];
  for (const path of ['/', '/login', '/register', ...forgotten, '/no/such/page']) await expectChinese(page, path);

  await page.goto('/register');
  await page.getByRole('main').getByRole('button').last().click();
  await expect(page.locator('#email-error')).toHaveText('请输入您的电子邮箱。');

  const { email, nickname, password } = person;
  for (const [field, value] of Object.entries({ email, nickname, password })) await page.locator(`#${field}`).fill(value);
  await page.getByRole('button', { name: '注册', exact: true }).click();
  await expect(page.getByText('欢迎。您的账户已就绪。')).toBeVisible();
  await server.operate('user', 'grant', email, 'administrator');
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.locator('#email').fill(email);
  await page.locator('#password').fill(password);
  await page.getByRole('main').getByRole('button', { name: '登录' }).click();
  await expect(page).toHaveURL('/profile');
  for (const path of ['/', '/profile', '/password', '/email', '/confirm', '/account', '/sessions', '/admin', '/admin/audit']) {
    await expectChinese(page, path);
  }
  // Letters are in the language in which the account was created.
  await page.goto('/forgot');
  await page.locator('#email').fill(email);
  await page.getByRole('button', { name: '发送邮件' }).click();
  await expect(page).toHaveURL('/reset');
  const letter = await openMailbox(page, email, '在 Vestibule 设置新密码');
  await expect(letter).toHaveAttribute('lang', 'zh-Hans');
  const link = await letter.getByRole('link').getAttribute('href');
  const proof = await openMailbox(page, email, '在 Vestibule 确认您的电子邮箱');
  const confirms = await proof.getByRole('link').getAttribute('href');
  await expectChinese(page, '/mailbox');
  const other = await elsewhere({ locale: 'zh-CN' });
  for (const visitor of [page, other]) await expectChinese(visitor, confirms ?? 'no link in the mailbox');
  await button(other, '确认并登录').click();
  await expect(fieldError(other, 'password')).toHaveText('请输入密码。');
  await expectChinese(page, link ?? 'no link in the mailbox');
  await page.goto('/admin');
  await page.getByRole('link', { name: email }).click();
  await expectChinese(page, new URL(page.url()).pathname);
});

test('a language is chosen at the foot of any page, and stays', async ({ page, person, elsewhere }) => {
  await page.goto('/login?next=/sessions');
  await page.getByRole('button', { name: '简体中文' }).click();
  await expect(page).toHaveURL('/login?next=/sessions');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('登录');
  await page.getByRole('button', { name: 'English' }).click();
  await register(page, person);
  await page.getByRole('button', { name: '简体中文' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('个人资料');
  // The account knows it now, so another browser does.
  const other = await elsewhere();
  await signIn(other, person);
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('个人资料');
});

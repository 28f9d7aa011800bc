// The frame of every page in a real browser: it skips, speaks, signs in and out by keyboard alone, and nothing that a page shows comes from elsewhere.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSER_TOLD, ConsoleBrowser, HAS_BROWSER, NARROW, WIDE } from './console-browser.ts';
import { PAGE_HEADERS } from '../look/policy.ts';
import { Hands } from './sign-in-hands.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

let stack: Stack;
let account: TestAccount;
beforeAll(async () => {
  stack = await startStack();
  account = await stack.makeAccount(1_000_000);
});
afterAll(async () => stack?.stop());

/** Every page that needs nothing to be looked at. */
const OPEN_PAGES = [
  '/',
  '/sign-in',
  '/sign-in/none',
  '/docs',
  '/docs/look',
  '/audit',
  '/link',
  '/console/none',
  '/nowhere',
];
const asHtml = { accept: 'text/html,*/*;q=0.8' };

test('every page is under the one policy, through the Worker, and /verify under its own, narrower one', async () => {
  for (const path of OPEN_PAGES) {
    const response = await stack.call(path, { headers: asHtml });
    expect([path, response.headers.get('content-type')]).toEqual([path, 'text/html; charset=UTF-8']);
    for (const [name, value] of Object.entries(PAGE_HEADERS))
      expect([path, name, response.headers.get(name)]).toEqual([path, name, value]);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    // As a page that is only asked after, too.
    const head = await stack.call(path, { method: 'HEAD', headers: asHtml });
    expect([path, head.status, head.headers.get('content-security-policy')]).toEqual([
      path,
      response.status,
      PAGE_HEADERS['content-security-policy'],
    ]);
    const text = await response.text();
    expect([
      path,
      text.match(/<style|<script(?! type="(?:module" src="\/assets\/|application\/json"))|\sstyle=|\son\w+="/g),
    ]).toEqual([path, null]);
  }
  const verify = (await stack.call('/verify', { headers: asHtml })).headers.get('content-security-policy');
  expect(verify).toMatch(/^default-src 'none'; script-src 'sha256-[^;]+; style-src 'sha256-[^;]+; base-uri 'none'/);
});

test('an asset is kept for ever under the name that its bytes decide, and is gone under another', async () => {
  const page = await (await stack.call('/', { headers: asHtml })).text();
  const [path = ''] = /\/assets\/look-\w+\.css/.exec(page) ?? [];
  const asset = await stack.call(path);
  expect(asset.status).toBe(200);
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect((await stack.call('/assets/look-000000000000.css')).status).toBe(404);
});

test('what the session opens of the API is kept nowhere, and is no page', async () => {
  const { cookie } = await new Hands(stack, account.id).signIn();
  for (const query of ['', '?group_by=day&format=csv']) {
    const { headers, status } = await stack.call(`/console/api/v1/usage${query}`, { headers: { cookie } });
    const told = ['cache-control', 'x-content-type-options'].map((name) => headers.get(name));
    expect([status, ...told]).toEqual([200, 'no-store', 'nosniff']);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  }
});

test('the way to sign in leads where its page was to lead, and never back to itself', async () => {
  const linkOf = async (path: string): Promise<string | undefined> =>
    /<a href="(\/sign-in[^"]*)"[^>]*>Sign in<\/a>/
      .exec(await (await stack.call(path, { headers: asHtml })).text())?.[1]
      ?.replaceAll('&amp;', '&');
  expect(await linkOf('/sign-in?to=%2Fconsole%2Fkeys')).toBe('/sign-in?to=%2Fconsole%2Fkeys');
  expect(await linkOf('/')).toBe('/sign-in');
  expect(await linkOf('/playground')).toBe('/sign-in?to=%2Fplayground');
});

describe.skipIf(!HAS_BROWSER)(`in a browser (${BROWSER_TOLD})`, () => {
  let browser: ConsoleBrowser;
  beforeAll(async () => {
    browser = await ConsoleBrowser.launch(stack);
  });
  afterAll(async () => browser?.close());

  test.each([
    ['wide-light-en', { size: WIDE, scheme: 'light', locale: 'en-GB' }],
    ['narrow-dark-ja', { size: NARROW, scheme: 'dark', locale: 'ja-JP' }],
  ] as const)('%s: no page is a hurdle, wider than its window, or asks elsewhere', async (name, looks) => {
    const tab = await browser.open(looks);
    const found: Record<string, string[]> = {};
    for (const path of [...OPEN_PAGES, '/playground', '/verify']) {
      await tab.go(path);
      // What is folded is of the page too.
      await tab.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      const faults = await tab.judge();
      if (faults.length > 0) found[path] = faults;
      await tab.shot(`look${path.replaceAll('/', '-')}-${name}`);
    }
    expect([found, tab.faults]).toEqual([{}, []]);
    await tab.close();
  });

  test('whoever chose a language once reads it in each browser that they sign in with, on open pages too', async () => {
    const hands = new Hands(stack, account.id);
    const { cookie, csrf } = await hands.signIn({ name: 'Rin' });
    await hands.ask('/console/you', { cookie, form: { csrf, name: 'Rin', locale: 'ja' } });
    const tab = await browser.open();
    await tab.signIn({ account: account.id, name: 'Rin' });
    await tab.go('/docs');
    expect(await tab.page.getAttribute('html', 'lang')).toBe('ja');
    await tab.close();
  });

  test('by keyboard alone: past the frame, into Japanese and back, in by a link, out by a button', async () => {
    const tab = await browser.open();
    const { page } = tab;
    await tab.go('/');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');

    const press = async (selector: string): Promise<void> => {
      await page.focus(selector);
      await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    };
    await press('button[value=ja]');
    expect(await page.getAttribute('html', 'lang')).toBe('ja');
    await press('button[value=en]');
    expect(await page.getAttribute('html', 'lang')).toBe('en');
    // A page that is kept for minutes is asked for anew.
    await tab.go('/docs');
    for (const locale of ['ja', 'en']) {
      await press(`button[value=${locale}]`);
      expect([page.url(), await page.getAttribute('html', 'lang')]).toEqual([`${browser.origin}/docs`, locale]);
    }

    await tab.signIn({ account: account.id, name: 'Hanako' });
    expect(await page.textContent('.who a')).toBe('Hanako');
    expect(await tab.judge()).toEqual([]);
    await press('form[action="/sign-out"] button');
    expect(await page.textContent('.top > a:last-child')).toBe('Sign in');
    await tab.go('/console');
    expect(new URL(page.url()).pathname).toMatch(/^\/(?:sign-in|console)$/);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('without scripts a page is whole: it signs in, changes its language, and signs out', async () => {
    const tab = await browser.open({ hasScripts: false, size: NARROW });
    await tab.go('/');
    await tab.page.click('button[value=ja]');
    expect(await tab.page.getAttribute('html', 'lang')).toBe('ja');
    await tab.signIn({ account: account.id, name: 'Taro' });
    await tab.page.click('form[action="/sign-out"] button');
    await tab.page.waitForSelector('a[href^="/sign-in"]');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });
});

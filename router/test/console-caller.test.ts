// A caller's pages in a real browser: a key that is made and calls, the job's receipt with each signed message, usage in each group with its table, members, alerts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROWSER_TOLD, ConsoleBrowser, HAS_BROWSER, NARROW, WIDE } from './console-browser.ts';
import type { Tab } from './console-browser.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

let stack: Stack;
let account: TestAccount;
beforeAll(async () => {
  stack = await startStack();
  account = await stack.makeAccount(5_000_000);
});
afterAll(async () => stack?.stop());

const PAGES = ['/console', '/console/keys', '/console/jobs', '/console/credit', '/console/alerts', '/console/members'];

test.each(PAGES)('%s is for who is signed in', async (path) => {
  const response = await fetch(new URL(path, stack.url), { redirect: 'manual' });
  expect([response.status, response.headers.get('location')?.startsWith('/sign-in')]).toEqual([303, true]);
});

describe.skipIf(!HAS_BROWSER)(`in a browser (${BROWSER_TOLD})`, () => {
  let browser: ConsoleBrowser;
  beforeAll(async () => {
    browser = await ConsoleBrowser.launch(stack);
  });
  afterAll(async () => browser?.close());

  test.each([
    ['1280-light-en', { size: WIDE, scheme: 'light', locale: 'en-GB' }],
    ['360-dark-ja', { size: NARROW, scheme: 'dark', locale: 'ja-JP' }],
  ] as const)('%s: no page of a caller is a hurdle, too wide, or asks elsewhere', async (name, looks) => {
    const tab = await browser.open(looks);
    await tab.signIn({ account: account.id });
    const found: Record<string, string[]> = {};
    for (const path of [...PAGES, '/console?by=hour&days=1', '/console?by=month&days=365']) {
      expect([path, await tab.go(path)]).toEqual([path, 200]);
      const faults = await tab.judge();
      if (faults.length > 0) found[path] = faults;
      await tab.shot(`caller${path.replaceAll(/\W/g, '-')}-${name}`);
    }
    expect([found, tab.faults]).toEqual([{}, []]);
    await tab.close();
  });

  test('without a script: a key is made, shown once, limited, and revoked', async () => {
    const tab = await browser.open({ hasScripts: false });
    const { page } = tab;
    await tab.signIn({ account: account.id });
    await tab.go('/console/keys');
    await page.fill('[name=name]', 'of the console');
    await page.fill('[name=month]', '2.5');
    await send(tab, 'main form.fields button');
    const key = (await page.textContent('#made')) ?? '';
    const asked = async (): Promise<number> =>
      (await stack.call('/v1/key', { headers: { authorization: `Bearer ${key}` } })).status;
    expect(await asked()).toBe(200);
    await tab.go('/console/keys');
    expect(await page.textContent('main')).not.toContain(key);
    expect(await page.textContent('main table')).toContain('2.50');
    await page.click('a[aria-label="Revoke: of the console"]');
    await send(tab, 'button.bad');
    expect(await asked()).toBe(401);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('a form that is refused keeps what was typed, and says what was wrong at its field', async () => {
    const tab = await browser.open({ locale: 'ja-JP', size: NARROW });
    const { page } = tab;
    await tab.signIn({ account: account.id });
    for (const [path, typed, wrong] of [
      ['/console/keys', { name: 'of Taro', defaults: '{' }, 'defaults'],
      ['/console/keys', { name: 'of Taro', day: 'much' }, 'day'],
      ['/console/alerts', { url: 'https://localhost/hook', low: '1.5' }, 'url'],
      ['/console/you', { name: '\u202e' }, 'name'],
    ] as const) {
      await tab.go(path);
      for (const [name, text] of Object.entries(typed)) await page.fill(`main [name=${name}]`, text);
      await send(tab, `main form:has([name=${wrong}]) button:not([hidden])`);
      for (const [name, text] of Object.entries(typed))
        expect([path, name, await page.inputValue(`main [name=${name}]`)]).toEqual([path, name, text]);
      const field = page.locator(`main [name=${wrong}]`);
      expect([path, await field.getAttribute('aria-invalid')]).toEqual([path, 'true']);
      const [fault = ''] = ((await field.getAttribute('aria-describedby')) ?? '').split(' ');
      expect([path, (await page.textContent(`#${fault}`)) ?? '']).toEqual([path, expect.stringMatching(/[ぁ-ん]/)]);
      expect([path, await tab.judge()]).toEqual([path, []]);
      await tab.shot(`refused${path.replaceAll('/', '-')}-${wrong}-360-ja`);
    }
    await tab.close();
  });

  test('an invitation makes another person a member, who sees no members themselves', async () => {
    const tab = await browser.open();
    await tab.signIn({ account: account.id });
    await tab.go('/console/members');
    await tab.page.fill('[name=name]', 'Kenji');
    await send(tab, 'main form.fields button');
    const link = (await tab.page.textContent('#invitation')) ?? '';
    const other = await browser.open();
    await other.go(new URL(link).pathname);
    await Promise.all([other.page.waitForURL('**/console'), other.page.click('main form button')]);
    expect(await other.page.textContent('.who a')).toBe('Kenji');
    expect(await other.go('/console/members')).toBe(403);
    await other.close();
    await tab.close();
  });

  test('alerts: the secret is shown once, and a test is sent', async () => {
    const tab = await browser.open();
    await tab.signIn({ account: account.id });
    await tab.go('/console/alerts');
    await tab.page.fill('[name=url]', 'https://alerts.example.com/irori');
    await tab.page.fill('[name=low]', '1.5');
    await send(tab, 'main form.fields button');
    expect(await tab.page.textContent('#secret')).toMatch(/^whsec_/);
    await tab.go('/console/alerts');
    expect(await tab.page.locator('#secret').count()).toBe(0);
    await send(tab, 'form[action="/console/alerts/test"] button');
    expect(await tab.page.textContent('[role=status]')).toContain('on its way');
    await tab.close();
  });
});

async function send({ page }: Tab, button: string): Promise<void> {
  await Promise.all([page.waitForNavigation(), page.click(button)]);
}

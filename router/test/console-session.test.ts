// A session in a real browser: what it lets its own pages do, and nobody else’s; whom an invitation makes a member, and when that ends. Money is the desks’.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { learnDigest, listModel } from './ask.ts';
import { BROWSER_TOLD, ConsoleBrowser, HAS_BROWSER, NARROW } from './console-browser.ts';
import type { Tab } from './console-browser.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';

describe.skipIf(!HAS_BROWSER)(`a caller’s console (${BROWSER_TOLD})`, () => {
  let stack: Stack;
  let server: ModelServer;
  let browser: ConsoleBrowser;
  let caller: TestAccount;
  let tab: Tab;
  let key = '';

  beforeAll(async () => {
    stack = await startStack();
    server = await startModelServer();
    const owner = await stack.makeAccount();
    caller = await stack.makeAccount(10_000_000);
    await stack.startAgent({ owner, args: ['--models', 'say-8x0', '--backend', server.url] });
    await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
    browser = await ConsoleBrowser.launch(stack);
    tab = await browser.open();
    await tab.signIn({ account: caller.id });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await server?.stop();
  });

  const post = async (form: string): Promise<void> => {
    await Promise.all([tab.page.waitForNavigation(), tab.page.click(`${form} button:not([type=button])`)]);
  };
  const text = async (selector = 'main'): Promise<string> => (await tab.page.textContent(selector)) ?? '';

  test('a key is made within limits, is shown once, and calls', async () => {
    await tab.go('/console/keys');
    await tab.page.fill('#f-name', 'my program');
    await tab.page.fill('#f-month', '2.5');
    await post('main form.fields');
    key = (await text('#made')).trim();
    expect(key).toMatch(/^irori_/);
    expect((await stack.call('/v1/models', { key })).status).toBe(200);
    await tab.go('/console/keys');
    expect(await text()).toContain('2.50');
    expect(await text()).not.toContain(key);
    expect(await tab.judge()).toEqual([]);
  });

  test('a form that is wrong says the field, and keeps what was written', async () => {
    await tab.go('/console/keys');
    await tab.page.fill('#f-name', 'another');
    await tab.page.fill('#f-day', 'much');
    await post('main form.fields');
    expect(await text('[role=alert]')).toContain('limits.spend.day_micro');
    expect(await tab.page.inputValue('#f-name')).toBe('another');
  });

  test('the playground streams an answer, tells its home and cost, and finds its receipt valid in the page', async () => {
    await tab.go('/playground');
    await tab.page.selectOption('#f-model', MODEL);
    await tab.page.fill('#f-prompt', 'say-4x0');
    await tab.page.click('#play button');
    await tab.page.waitForSelector('#facts details');
    const facts = await text('#facts');
    expect(facts).toMatch(/Home\s*node_[0-9a-f]{32}/);
    expect(facts).toContain('Valid: checked in this browser');
    expect(await text('#answer')).not.toBe('');
    expect(await tab.judge()).toEqual([]);
  });

  test('without scripts the playground answers whole', async () => {
    const plain = await browser.open({ hasScripts: false, size: NARROW });
    await plain.signIn({ account: caller.id });
    await plain.go('/playground');
    await plain.page.selectOption('#f-model', MODEL);
    await plain.page.fill('#f-prompt', 'say-4x0');
    await Promise.all([plain.page.waitForNavigation(), plain.page.click('#play button')]);
    expect(await plain.page.textContent('#answer')).not.toBe('');
    expect(plain.faults).toEqual([]);
    await plain.close();
  });

  test('usage tells both answers by day and by model, and as CSV by the session alone', async () => {
    await until('the totals have both', async () => {
      await tab.go('/console?by=model');
      return (await text('main table')).includes(MODEL);
    });
    expect(await tab.judge()).toEqual([]);
    const href = (await tab.page.getAttribute('a[href*="format=csv"]', 'href')) ?? '';
    const csv = await tab.page.evaluate(`fetch(${JSON.stringify(href)}).then((answer) => answer.text())`);
    expect(csv).toMatch(/^model,jobs,/);
    expect((await stack.call(href)).status).toBe(401);
    expect((await stack.call('/v1/usage', { headers: { cookie: await cookies() } })).status).toBe(401);
  });

  const cookies = async (): Promise<string> =>
    (await tab.page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');

  test('what changes something is not done for another site’s form, nor without the page’s own token', async () => {
    const headers = { cookie: await cookies(), 'content-type': 'application/x-www-form-urlencoded' };
    const form = (more: Record<string, string>, body: string): Promise<Response> =>
      fetch(`${stack.url}/console/keys`, {
        method: 'POST',
        headers: { ...headers, ...more },
        body,
        redirect: 'manual',
      });
    expect((await form({ origin: 'https://elsewhere.example' }, 'name=x')).status).toBe(403);
    expect((await form({ origin: stack.url }, 'name=x')).status).toBe(403);
    const call = {
      method: 'POST',
      headers: { cookie: headers.cookie, 'content-type': 'application/json' },
      body: '{}',
    };
    expect((await fetch(`${stack.url}/console/api/v1/chat/completions`, call)).status).toBe(403);
  });

  test('an invitation makes whoever opens it first a member, once, and a removed one is out at once', async () => {
    await tab.go('/console/members');
    await tab.page.fill('#f-name', 'Kenji');
    await post('main form.fields');
    const link = new URL((await text('#invitation')).trim()).pathname;
    const other = await browser.open();
    await other.go(link);
    await Promise.all([other.page.waitForURL('**/console'), other.page.click('main form button')]);
    expect(await other.page.textContent('.who')).toContain('Kenji');
    expect(await other.go('/console/members')).toBe(403);
    const late = await browser.open();
    expect(await late.go(link)).toBe(404);
    await tab.go('/console/members');
    await Promise.all([tab.page.waitForNavigation(), tab.page.click('a[aria-label="Remove: Kenji"]')]);
    await post('main');
    expect(await other.go('/console/keys')).toBe(403);
    await Promise.all([other.close(), late.close()]);
  });

  test('alerts are set by a form, and their secret is shown once', async () => {
    await tab.go('/console/alerts');
    await tab.page.fill('#f-url', 'https://hooks.example/irori');
    await tab.page.fill('#f-low', '1');
    await post('main form.fields');
    expect(await text('#secret')).toMatch(/^whsec_/);
    await tab.go('/console/alerts');
    expect(await text()).toContain('hooks.example');
    expect(await tab.page.$('#secret')).toBeNull();
  });

  test('credit tells what is left by kind, and no page of these was a hurdle or asked elsewhere', async () => {
    for (const path of ['/console/credit', '/console/alerts', '/console/members', '/console']) {
      expect([path, await tab.go(path)]).toEqual([path, 200]);
      expect([path, await tab.judge()]).toEqual([path, []]);
      await tab.shot(`caller${path.replaceAll('/', '-')}`);
    }
    expect(tab.faults).toEqual([]);
  });
});

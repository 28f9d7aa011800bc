// What anybody sees first, in a real browser: the network in one screen, kept up to date, and a playground that answers whole without scripts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { learnDigest, listModel } from './ask.ts';
import { BROWSER_TOLD, ConsoleBrowser, HAS_BROWSER, NARROW, WIDE } from './console-browser.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const MODEL = 'test/front';

describe.skipIf(!HAS_BROWSER)(`the front of the console (${BROWSER_TOLD})`, () => {
  let stack: Stack;
  let server: ModelServer;
  let browser: ConsoleBrowser;
  let caller: TestAccount;

  beforeAll(async () => {
    stack = await startStack();
    server = await startModelServer();
    const owner = await stack.makeAccount();
    caller = await stack.makeAccount(10_000_000);
    await stack.startAgent({ owner, args: ['--models', 'say-8x0', '--backend', server.url] });
    await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
    browser = await ConsoleBrowser.launch(stack);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await server?.stop();
  });

  test.each([
    ['wide-light-en', { size: WIDE, scheme: 'light', locale: 'en-GB' }],
    ['narrow-dark-ja', { size: NARROW, scheme: 'dark', locale: 'ja-JP' }],
  ] as const)(
    '%s: a visitor sees the models and how to call them, and is asked to sign in to play',
    async (name, looks) => {
      const tab = await browser.open(looks);
      await tab.go('/');
      expect(await tab.page.textContent('[data-live=models]')).toContain(MODEL);
      expect(await tab.page.textContent('#client')).toContain(`base_url="${browser.origin}/v1"`);
      expect(await tab.judge()).toEqual([]);
      await tab.shot(`front-${name}`);
      await tab.go('/playground');
      expect(await tab.page.$('form#play')).toBeNull();
      expect(await tab.page.getAttribute('main a.button', 'href')).toBe('/sign-in?to=/playground');
      expect(tab.faults).toEqual([]);
      await tab.close();
    },
  );

  test('what the page tells of now is taken anew by itself, under its own policy', async () => {
    const tab = await browser.open();
    await tab.page.clock.install();
    await tab.go('/');
    const told = await tab.page.textContent('[data-live=told]');
    await tab.page.evaluate('document.querySelector("[data-live=told]").textContent = "long ago"');
    await tab.page.clock.fastForward(16_000);
    await tab.page.waitForFunction('document.querySelector("[data-live=told]").textContent !== "long ago"');
    expect(await tab.page.textContent('[data-live=told]')).toBe(told);
    // The land stays, though only the dots come anew.
    expect(await tab.page.$$('#world .land')).toHaveLength(1);
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('without scripts the playground answers whole, and tells its home, cost and receipt', async () => {
    const tab = await browser.open({ hasScripts: false, size: NARROW });
    await tab.signIn({ account: caller.id });
    await tab.go('/playground');
    await tab.page.selectOption('#f-model', MODEL);
    // As many tokens as are usual.
    await tab.page.fill('#f-max_tokens', '');
    await Promise.all([tab.page.waitForNavigation(), tab.page.click('#play button:not([type=button])')]);
    expect(await tab.page.textContent('#answer')).toContain('word');
    const facts = (await tab.page.textContent('#facts')) ?? '';
    expect(facts).toMatch(/node_[0-9a-f]{32}/);
    // As fast as a script would tell it, but for what came all at once.
    expect(facts).toMatch(/Speed(?:[\d.,]+ tokens\/s|–)Tokens/);
    const receipt = await tab.page.getAttribute('#facts a[download]', 'href');
    expect(receipt).toMatch(/^\/console\/api\/v1\/receipts\/job_[0-9a-f]{32}$/);
    const japanese = await browser.open({ locale: 'ja-JP', size: NARROW });
    await japanese.signIn({ account: caller.id, name: 'Taro' });
    await japanese.go(`/console/jobs/${receipt?.split('/').at(-1) ?? ''}`);
    // Why this home, too.
    expect(await japanese.page.textContent('main')).toMatch(/この家が選ばれた理由最も近い：.*距離/);
    expect(await japanese.judge()).toEqual([]);
    await japanese.shot('caller-job-360-ja');
    await japanese.close();
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('with scripts it streams the answer, and its receipt is checked there in the language of the page', async () => {
    const tab = await browser.open({ locale: 'ja-JP', size: NARROW });
    await tab.signIn({ account: caller.id, name: 'Jiro' });
    await tab.go('/playground');
    await tab.page.selectOption('#f-model', MODEL);
    await tab.page.click('#play button:not([type=button])');
    await tab.page.click('#facts summary');
    const checked = (await tab.page.textContent('#facts .checks')) ?? '';
    expect(checked).toMatch(/承認書ルーター 0x[0-9a-f]{40}：プロンプト\d+トークン、出力\d+トークン、\d+単位、承認。/);
    expect(checked).not.toMatch(/(?:[a-z]{2,} ){2}/i);
    expect(await tab.page.$$('#facts [lang]')).toEqual([]);
    expect(await tab.page.textContent('#facts dd:has(.checks)')).toMatch(/^有効：/);
    // What is asked here and answered is in the language of its model.
    await tab.page.evaluate(
      'for (const id of ["answer", "f-prompt"]) document.getElementById(id).textContent = "言葉"',
    );
    expect(await tab.judge()).toEqual([]);
    await tab.shot('front-playground-checked-360-ja');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('the playground tells the end of each answer as it was: taken the place of, stopped, cut, too long, and whole', async () => {
    const tab = await browser.open();
    const { page } = tab;
    await tab.signIn({ account: caller.id });
    await tab.go('/playground');
    await page.selectOption('#f-model', MODEL);
    const press = async (): Promise<void> => page.click('#play button:not([type=button])');
    const told = async (): Promise<string> => (await page.textContent('#play-status')) ?? '';
    const answerWith = async (body: string | null): Promise<void> => {
      await page.unroute('**/chat/completions');
      await page.route('**/chat/completions', (route) =>
        body === null ? new Promise(() => undefined) : route.fulfill({ contentType: 'text/event-stream', body }),
      );
    };
    const event = (delta: object, finish: string | null = null): string =>
      `data: ${JSON.stringify({ choices: [{ delta, finish_reason: finish }] })}\n\n`;

    await answerWith(null);
    await press();
    await press();
    expect(await told()).toBe('Looking for a home…');
    expect(await page.isVisible('#stop')).toBe(true);
    await page.focus('#stop');
    await page.keyboard.press('Enter');
    await expect.poll(told).toContain('Stopped');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Ask');

    await answerWith(event({ content: '<b>half' }));
    await press();
    await expect.poll(told).toContain('The line broke before the answer was whole');
    expect(await page.textContent('#answer')).toBe('<b>half');
    await answerWith(`${event({ reasoning_content: 'hm' })}${event({ content: 'so' }, 'length')}data: [DONE]\n\n`);
    await press();
    await expect.poll(told).toContain('ended at the most tokens');
    expect(await page.textContent('#answer')).toBe('so');
    await page.unroute('**/chat/completions');
    await page.fill('#f-max_tokens', '');
    await press();
    await expect.poll(told).toBe('The answer is whole.');
    expect(await page.isVisible('#stop')).toBe(false);
    await expect.poll(async () => page.textContent('#facts')).toContain('Valid: checked in this browser');
    // Another tab signs out.
    await page.evaluate(
      `fetch('/sign-out', { method: 'POST', body: new URLSearchParams({ csrf: document.querySelector('[name=csrf]').value }) })`,
    );
    await expect
      .poll(async () => (await page.context().cookies()).some(({ name }) => name === 'irori_session'))
      .toBe(false);
    await press();
    await expect.poll(told).toContain('You are signed out');
    expect(tab.faults).toEqual([]);
    await tab.close();
  });

  test('the network is told to anybody; on one machine from its first home on, which stands in no country here', async () => {
    const response = await stack.call('/v1/network');
    expect(response.headers.get('cache-control')).toBe('public, max-age=10');
    const { countries, homes_online, elsewhere } = (await response.json()) as Record<string, unknown>;
    expect({ countries, homes_online, elsewhere }).toEqual({ countries: [], homes_online: 1, elsewhere: 1 });
  });
});

// A caller's console in a real browser: keys, the playground, jobs with their receipts, usage, credit, alerts, members; what a session lets its own pages do, and
// nobody else's; and every page at both ends of what is looked at. Signing in is another test's; what the desks decide is theirs.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkFiles } from '../../schema/verify/check-files.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import { BROWSER_TOLD, ConsoleBrowser, HAS_BROWSER, NARROW } from './console-browser.ts';
import type { Tab } from './console-browser.ts';
import { NOBODY, Outside } from './outside.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const PAGES = ['/console', '/console/keys', '/console/jobs', '/console/credit', '/console/alerts', '/console/members'];
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe.skipIf(!HAS_BROWSER)(`a caller’s console (${BROWSER_TOLD})`, () => {
  let stack: Stack;
  let outside: Outside;
  let server: ModelServer;
  let browser: ConsoleBrowser;
  let caller: TestAccount;
  let other: TestAccount;
  /** With scripts, wide; without them, narrow. */
  let tab: Tab;
  let plain: Tab;
  let key = '';
  let job = '';

  beforeAll(async () => {
    [outside, server] = await Promise.all([Outside.open(), startModelServer()]);
    stack = await startStack({
      bindings: {
        LOCAL_WEBHOOKS: '1',
        MAIL_WEBHOOK_URL: `${outside.url}/mail`,
        MAIL_WEBHOOK_SECRET: SECRET,
        STRIPE_SECRET_KEY: 'sk_test_0123456789',
        STRIPE_WEBHOOK_SECRET: SECRET,
        STRIPE_API_BASE: outside.url,
      },
    });
    const owner = await stack.makeAccount();
    [caller, other] = await Promise.all([stack.makeAccount(10_000_000), stack.makeAccount()]);
    const [launched] = await Promise.all([
      ConsoleBrowser.launch(stack),
      stack.startAgent({ owner, args: ['--models', 'say-8x0', '--backend', server.url] }),
      stack.admin('PUT', `/accounts/${caller.id}/sponsor`, { is_sponsor: true }),
    ]);
    browser = launched;
    await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
    [tab, plain] = await Promise.all([browser.open(), browser.open({ hasScripts: false, size: NARROW })]);
    await tab.signIn({ account: caller.id });
    await plain.signIn({ account: caller.id });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    await server?.stop();
    outside?.close();
  });

  /** Presses the button of a form, or follows a link. */
  const press = async ({ page }: Tab, selector: string): Promise<void> => {
    await Promise.all([page.waitForNavigation(), page.click(selector)]);
  };
  const text = async ({ page }: Tab, selector = 'main'): Promise<string> => (await page.textContent(selector)) ?? '';
  const cookies = async (): Promise<string> =>
    (await tab.page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  /** As the page's own script, or a link that is clicked. */
  const read = async ({ page }: Tab, href: string): Promise<string> =>
    String(await page.evaluate(`fetch(${JSON.stringify(href)}).then((answer) => answer.text())`));

  test('each page is for who is signed in', async () => {
    for (const path of PAGES) {
      const response = await fetch(new URL(path, stack.url), { redirect: 'manual' });
      expect([path, response.status, response.headers.get('location')?.startsWith('/sign-in')]).toEqual([
        path,
        303,
        true,
      ]);
    }
  });

  test('without a script: a key is made within limits, is shown once, calls, and is revoked', async () => {
    const make = async (name: string): Promise<string> => {
      await plain.go('/console/keys');
      await plain.page.fill('#f-name', name);
      await plain.page.fill('#f-month', '2.5');
      await press(plain, 'main form.fields button');
      return (await text(plain, '#made')).trim();
    };
    key = await make('my program');
    const gone = await make('for a day');
    expect(key).toMatch(/^irori_/);
    await plain.go('/console/keys');
    expect(await text(plain, 'main table')).toContain('2.50');
    expect(await text(plain)).not.toContain(gone);
    await press(plain, 'a[aria-label="Revoke: for a day"]');
    await press(plain, 'button.bad');
    expect((await stack.call('/v1/key', { key: gone })).status).toBe(401);
    const answer = await askAll(stack, { account: { ...caller, apiKey: key }, model: MODEL, prompt: 'say-4x0' });
    expect(answer.finish).toBe('stop');
  });

  test('the playground streams an answer, tells its home and cost, and finds its receipt valid in the page', async () => {
    await tab.go('/playground');
    await tab.page.selectOption('#f-model', MODEL);
    await tab.page.fill('#f-prompt', 'say-4x0');
    await tab.page.click('#play button');
    await tab.page.waitForSelector('#facts details');
    const facts = await text(tab, '#facts');
    expect(facts).toMatch(/Home\s*node_[0-9a-f]{32}/);
    expect(facts).toContain('Valid: checked in this browser');
    expect(await text(tab, '#answer')).not.toBe('');
    expect(await tab.judge()).toEqual([]);
  });

  test('without a script the playground answers whole', async () => {
    await plain.go('/playground');
    await plain.page.selectOption('#f-model', MODEL);
    await plain.page.fill('#f-prompt', 'say-4x0');
    await press(plain, '#play button');
    expect(await text(plain, '#answer')).not.toBe('');
  });

  test('jobs are listed, and a job’s page shows each signed message and why that home; what it lets one take away verifies', async () => {
    await until('all three are listed', async () => {
      await tab.go('/console/jobs');
      return (await tab.page.locator('main tbody tr').count()) === 3;
    });
    const listed = await text(tab, 'main table');
    expect([listed.match(/my program/g), listed.match(/the console/g)?.length]).toEqual([['my program'], 2]);
    await tab.page.selectOption('#f-key', { label: 'my program' });
    await press(tab, 'main form.row button');
    expect(await tab.page.locator('main tbody tr').count()).toBe(1);
    await press(tab, 'main form.row a');
    await tab.page.fill('#f-job', 'nonsense');
    await press(tab, 'main form.fields button');
    expect([await tab.page.getAttribute(':focus', 'name'), await text(tab, '#e-job')]).toEqual([
      'job',
      expect.stringContaining('no number of a job'),
    ]);
    await press(tab, 'main tbody a');
    job = new URL(tab.page.url()).pathname.split('/').at(-1) ?? '';
    const page = await text(tab);
    for (const told of [job, MODEL, 'Why this home', 'Distance', 'First token, expected', 'The home earns'])
      expect(page).toContain(told);
    const messages = tab.page.locator('main details');
    expect(await messages.locator('summary').allTextContents()).toEqual([
      'Ticket, of the router',
      'Receipt, of the home',
      'Acceptance, of the router',
    ]);
    const bundle = await read(tab, (await tab.page.getAttribute('a[download$=".json"]', 'href')) ?? '');
    expect(checkFiles([{ name: 'job.json', text: bundle }])).toMatchObject({ ok: true, value: { verdict: 'valid' } });
    const [part] = (JSON.parse(bundle) as { data: Record<string, unknown>[] }).data;
    for (const name of ['ticket', 'receipt', 'acceptance']) {
      const signed = JSON.parse(await read(tab, `/console/jobs/${job}/0/${name}.json`)) as Record<string, unknown>;
      expect([signed[name], signed['signature']]).toEqual([part?.[name], part?.[`${name}Signature`]]);
      expect(await messages.locator(`a[href="/console/jobs/${job}/0/${name}.json"]`).count()).toBe(1);
    }
  });

  test('another account finds no such job, and none of what was signed', async () => {
    const stranger = await browser.open();
    await stranger.signIn({ account: other.id, name: 'Ichiro' });
    expect(await stranger.go(`/console/jobs/${job}`)).toBe(404);
    expect(await stranger.go(`/console/jobs/${job}/0/receipt.json`)).toBe(404);
    expect(await stranger.go('/console/jobs')).toBe(200);
    expect(await text(stranger)).not.toContain(MODEL);
    await stranger.close();
  });

  test('without a script: usage is told of one key, one model, one country, and the CSV of the same', async () => {
    const jobs = async (): Promise<string | null> => plain.page.textContent('main tbody td');
    const choose = async (name: string, label: string): Promise<void> => {
      await plain.page.selectOption(`#f-${name}`, { label });
      await press(plain, 'main form[method=get] button');
    };
    await until('the totals have all three', async () => {
      await plain.go('/console?by=model');
      return (await jobs()) === '3';
    });
    // A bar of thirty days is one of thirty, also where the window is narrow.
    expect((await plain.page.locator('svg.narrow rect').last().boundingBox())?.width).toBeLessThan(20);
    await choose('key', 'my program');
    expect([await text(plain, 'main table'), await jobs()]).toEqual([expect.stringContaining(MODEL), '1']);
    await choose('model', MODEL);
    await press(plain, `nav.tabs a:text-is("Country")`);
    await press(plain, 'main tbody a');
    const { searchParams } = new URL(plain.page.url());
    expect([...searchParams.keys()]).toEqual(['by', 'days', 'key', 'model', 'country']);
    expect(await jobs()).toBe('1');
    const href = (await plain.page.getAttribute('a[href*="format=csv"]', 'href')) ?? '';
    expect((await read(tab, href)).split('\r\n').map((line) => line.split(',')[1])).toEqual(['jobs', '1', undefined]);
    const everything = href.replace(/&key=[^&]*/, '');
    expect((await read(tab, everything)).split('\r\n')[1]).toContain(',3,');
    await plain.go(`/console?by=day&country=ZZ`);
    expect(await text(plain)).toContain('Nothing of this in these days');
    await press(plain, 'main form[method=get] a');
    expect(await jobs()).toBe('3');
    // Older days, more than a page of them.
    const database = await stack.network.database();
    const day = `CAST(unixepoch() / 86400 AS INTEGER) - 30 - n`;
    await database
      .prepare(
        `WITH RECURSIVE days(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM days WHERE n < 55)
         INSERT INTO usage_days (account_id, day, key_id, model, country, kind, jobs, parts, prompt_tokens, output_tokens, charged, energy_micro_wh, energy_parts)
         SELECT ?1, ${day}, 'key_old', 'test/old', 'DE', 'chat', 1, 1, 1, 1, n, 0, 0 FROM days`,
      )
      .bind(caller.id)
      .run();
    const rows = (): Promise<number> => plain.page.locator('main tbody tr').count();
    await plain.go('/console?by=day&days=90');
    const first = await rows();
    await press(plain, 'a:text-is("More rows")');
    const last = await rows();
    await press(plain, 'a:text-is("Previous rows")');
    expect([first, last, await rows()]).toEqual([50, 6, 50]);
    // More groups than an answer of the API has: the dearest first, the last of them on the last page, by whatever the table is sorted.
    await database
      .prepare(
        `WITH RECURSIVE m(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM m WHERE n < 1120)
         INSERT INTO usage_days (account_id, day, key_id, model, country, kind, jobs, parts, prompt_tokens, output_tokens, charged, energy_micro_wh, energy_parts)
         SELECT ?1, CAST(unixepoch() / 86400 AS INTEGER) - 3, 'key_old', 'many/' || n, 'DE', 'chat', 2000 - n, 1, 1, 1, n * 1000000, 0, 0 FROM m`,
      )
      .bind(caller.id)
      .run();
    const names = (): Promise<string[]> => plain.page.locator('main tbody th').allInnerTexts();
    await plain.go('/console?by=model&days=7');
    expect((await names()).slice(0, 2)).toEqual(['many/1120', 'many/1119']);
    await plain.go('/console?by=model&days=7&page=23');
    expect([(await names())[0], await plain.page.locator('a:text-is("More rows")').count()]).toEqual(['many/20', 0]);
    await press(plain, 'main thead a:text-is("Jobs")');
    expect([(await names())[0], await plain.page.getAttribute('main thead [aria-sort]', 'aria-sort')]).toEqual([
      'many/1',
      'descending',
    ]);
    // By the session alone: no key, no cookie opens the API.
    expect((await stack.call(href)).status).toBe(401);
    expect((await stack.call('/v1/usage', { headers: { cookie: await cookies() } })).status).toBe(401);
  });

  test('what changes something is not done for another site’s form, nor without the page’s own token', async () => {
    const headers = { cookie: await cookies(), 'content-type': 'application/x-www-form-urlencoded' };
    const form = (origin: string): Promise<Response> =>
      fetch(`${stack.url}/console/keys`, {
        method: 'POST',
        headers: { ...headers, origin },
        body: 'name=x',
        redirect: 'manual',
      });
    expect([(await form('https://elsewhere.example')).status, (await form(stack.url)).status]).toEqual([403, 403]);
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
    await press(tab, 'main form.fields button');
    const link = new URL((await text(tab, '#invitation')).trim()).pathname;
    const guest = await browser.open();
    await guest.go(link);
    await Promise.all([guest.page.waitForURL('**/console'), guest.page.click('main form button')]);
    expect(await text(guest, '.who a')).toBe('Kenji');
    expect(await guest.go('/console/members')).toBe(403);
    expect((await fetch(new URL(link, stack.url))).status).toBe(404);
    await tab.go('/console/members');
    await press(tab, 'a[aria-label="Remove: Kenji"]');
    await press(tab, 'main form button');
    expect(await guest.go('/console/keys')).toBe(403);
    // Whoever was signed out in the midst of a form is led back to its page.
    await guest.page.context().clearCookies();
    const headers = { origin: browser.origin };
    const sent = await guest.page.request.post('/console/keys/key_1/revoke', { form: {}, headers, maxRedirects: 0 });
    expect([sent.status(), sent.headers()['location']]).toEqual([303, '/sign-in?to=%2Fconsole%2Fkeys']);
    await guest.close();
  });

  test('an invitation with an address is mailed and not shown; where nobody takes the mail, it is shown', async () => {
    const add = async (name: string, email: string): Promise<void> => {
      await tab.go('/console/members');
      await tab.page.fill('#f-name', name);
      await tab.page.fill('#f-email', email);
      await press(tab, 'main form.fields button');
    };
    await add('Emi', 'emi@irori.example');
    expect(await text(tab, '[role=status]')).toContain('on its way to emi@irori.example');
    expect(await tab.page.locator('#invitation').count()).toBe(0);
    const mail = JSON.parse(outside.sent.find(({ path }) => path === '/mail')?.body ?? '') as Record<string, unknown>;
    expect(mail).toMatchObject({ type: 'member.invitation', to: 'emi@irori.example', locale: 'en' });
    const opened = await fetch(new URL(new URL(String(mail['url'])).pathname, stack.url));
    expect(opened.status).toBe(200);
    await add('Yuki', NOBODY);
    expect(await text(tab, '#invitation')).toContain('/sign-in/');
  });

  test('alerts are set by a form, their secret is shown once, and a test waits where nobody takes it', async () => {
    await plain.go('/console/alerts');
    await plain.page.fill('#f-url', `${outside.url}/alerts`);
    await plain.page.fill('#f-low', '1.5');
    await press(plain, 'main form.fields button');
    expect(await text(plain, '#secret')).toMatch(/^whsec_/);
    await plain.go('/console/alerts');
    expect(await plain.page.locator('#secret').count()).toBe(0);
    expect(await text(plain, 'main')).toMatch(/On their way\s*0/);
    await press(plain, 'form[action="/console/alerts/test"] button');
    expect(await text(plain, '[role=status]')).toContain('on its way');
    await until('the test was sent, and what was answered is told', async () => {
      await plain.go('/console/alerts');
      return (await text(plain, 'main')).includes('not taken (503)');
    });
    expect(await text(plain, 'main')).toMatch(/On their way\s*1/);
    const [sent = ''] = await plain.page.locator('main tbody tr').allInnerTexts();
    expect(sent).toMatch(
      new RegExp(`A test\\s+not taken \\(503\\) \\d tr(?:y|ies); again at .*\\s+${outside.url}/alerts`, 's'),
    );
  });

  test('without a script: buying leads to the page that takes the money', async () => {
    await plain.go('/console/credit');
    const csrf = await plain.page.inputValue('form[action="/console/credit/buy"] [name=csrf]');
    const form = { csrf, usd: '12.50' };
    const bought = await plain.page.request.post(`${browser.origin}/console/credit/buy`, {
      form,
      headers: { origin: browser.origin },
      maxRedirects: 0,
    });
    expect([bought.status(), bought.headers()['location']]).toEqual([303, 'https://pay.example/cs_test_1']);
    const asked = new URLSearchParams(outside.sent.find(({ path }) => path.endsWith('/checkout/sessions'))?.body);
    expect([asked.get('client_reference_id'), asked.get('line_items[0][price_data][unit_amount]')]).toEqual([
      caller.id,
      '1250',
    ]);
    expect(asked.get('success_url')).toBe(`${browser.origin}/console/credit?done=paid`);
  });

  test('without a script: a sponsor gives credit once, however often the form is sent; what is wrong gives nothing and keeps what was written', async () => {
    const give = 'form[action="/console/credit/gifts"]';
    const fill = async (account: string, amount: string): Promise<void> => {
      await plain.page.fill(`${give} [name=account]`, account);
      await plain.page.fill(`${give} [name=amount]`, amount);
    };
    const left = async (): Promise<number> =>
      ((await (await stack.call('/v1/usage', { key: other.apiKey })).json()) as { balance_micro: number })
        .balance_micro;
    await plain.go('/console/credit');
    await fill(other.id, '5000');
    await press(plain, `${give} button`);
    expect(await text(plain, '[role=alert]')).toContain('Not enough credit to give');
    expect(await plain.page.inputValue(`${give} [name=amount]`)).toBe('5000');
    await fill(other.id, '1.25');
    const fields = await plain.page.$$eval(`${give} [name]`, (found) =>
      found.map((one) => [one.getAttribute('name') ?? '', (one as unknown as { value: string }).value] as const),
    );
    await press(plain, `${give} button`);
    expect(await text(plain, '[role=status]')).toContain('The credit is given');
    expect(await text(plain)).toContain(other.id);
    const again = await plain.page.request.post(`${browser.origin}/console/credit/gifts`, {
      form: Object.fromEntries(fields),
      headers: { origin: browser.origin },
      maxRedirects: 0,
    });
    expect([again.status(), again.headers()['location']]).toEqual([303, '/console/credit?done=given-before']);
    await until('the gift arrives', async () => (await left()) === 1_250_000);
    expect(plain.faults).toEqual([]);
  });

  test('a form that is refused keeps what was typed, and says in Japanese what was wrong, tied to its field', async () => {
    const japanese = await browser.open({ locale: 'ja-JP', size: NARROW });
    const { page } = japanese;
    await japanese.signIn({ account: caller.id });
    for (const [path, typed, wrong] of [
      ['/console/keys', { name: 'of Taro', defaults: '{' }, 'defaults'],
      ['/console/keys', { name: 'of Taro', day: 'much' }, 'day'],
      ['/console/alerts', { url: 'ftp://irori.example/', low: '1.5' }, 'url'],
      ['/console/alerts', { url: 'https://irori.example/', low: 'none' }, 'low'],
      ['/console/you', { name: '\u202e' }, 'name'],
    ] as const) {
      await japanese.go(path);
      // As the skip link does: with a fragment in its address a browser gives no field the focus.
      await japanese.go(`${path}#main`);
      const form = `main form.fields:has([name=${wrong}])`;
      for (const [name, text] of Object.entries(typed)) await page.fill(`${form} [name=${name}]`, text);
      await press(japanese, `${form} button:not([hidden])`);
      for (const [name, text] of Object.entries(typed))
        expect([name, await page.inputValue(`${form} [name=${name}]`)]).toEqual([name, text]);
      const field = page.locator(`${form} [name=${wrong}][aria-invalid=true]`);
      expect([path, new URL(page.url()).hash, await page.getAttribute(':focus', 'name')]).toEqual([path, '', wrong]);
      const [fault = ''] = ((await field.getAttribute('aria-describedby')) ?? '').split(' ');
      const told = (await page.textContent(`#${fault}`)) ?? '';
      expect([path, told, await japanese.judge()]).toEqual([path, expect.stringMatching(/[ぁ-ん]/), []]);
    }
    await japanese.close();
  });

  test('no page of a caller is a hurdle, too wide, or asks elsewhere: wide, light, English; narrow, dark, Japanese', async () => {
    const narrow = await browser.open({ size: NARROW, scheme: 'dark', locale: 'ja-JP' });
    await narrow.signIn({ account: caller.id });
    const more = ['/console?by=key&days=7&model=test%2Fpriced', `/console/jobs/${job}`];
    const found: Record<string, string[]> = {};
    const walk = async (one: Tab, looks: string, own: string): Promise<void> => {
      for (const path of [...PAGES, ...more, own]) {
        expect([path, await one.go(path)]).toEqual([path, 200]);
        const faults = await one.judge();
        if (faults.length > 0) found[`${path} ${looks}`] = faults;
        await one.shot(`caller${path.replaceAll(/\W/g, '-').replace(job, 'one')}-${looks}`);
      }
    };
    await Promise.all([
      walk(tab, '1280-light-en', '/console?by=hour&days=1'),
      walk(narrow, '360-dark-ja', '/console?by=month&days=365'),
    ]);
    expect([found, tab.faults, narrow.faults]).toEqual([{}, [], []]);
  });
});

// The operator's console in a real browser: every page; accounts, keys, homes and the catalogue as they are changed; jobs that went wrong; a store that is away;
// and that none of it is there for anybody else.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_TOLD, ConsoleBrowser, HAS_BROWSER, NARROW } from './console-browser.ts';
import type { Tab } from './console-browser.ts';
import { packFacts } from '../billing/pack-facts.ts';
import type { Fact } from '../billing/pack-facts.ts';
import { Hands } from './sign-in-hands.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const AT = '/console/operator';
/** Not by its name: it is compiled for workerd, whose types no test has. */
const CONSOLE = join(import.meta.dirname, '../console/console.ts');
interface Console {
  readonly makeConsole: () => { readonly routes: readonly { readonly method: string; readonly path: string }[] };
}
const PAGES = ['accounts', 'nodes', 'catalogue', 'ledger', 'ledger/accounts?after=', 'ledger/projections'];
const MORE = ['ledger/epochs', 'ledger/chain', 'hubs', 'health', 'jobs', 'jobs?kind=slow&hours=24'];

describe.skipIf(!HAS_BROWSER)(`the operator's console (${BROWSER_TOLD})`, () => {
  let stack: Stack;
  let browser: ConsoleBrowser;
  let owner: TestAccount;
  let home: TestAgent;
  let node = '';
  let tab: Tab;

  beforeAll(async () => {
    stack = await startStack();
    browser = await ConsoleBrowser.launch(stack);
    owner = await stack.makeAccount();
    home = await stack.startAgent({ owner });
    tab = await browser.open();
    await tab.signIn({ account: owner.id, isOperator: true });
    await stack.waitForModel(owner, 'nano-demo');
    node = /connected hub=.*node=(\S+)/.exec(home.lines.join('\n'))?.[1] ?? '';
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const told = (): Promise<string> => tab.page.locator('main').innerText();
  const press = async (name: string): Promise<void> => {
    await tab.page.locator('main').getByRole('button', { name, exact: true }).click();
    await tab.page.waitForLoadState();
  };

  it('shows every page, wide and narrow, without a hurdle', async () => {
    const narrow = await browser.open({ size: NARROW, scheme: 'dark', locale: 'ja-JP', hasScripts: true });
    await narrow.signIn({ account: owner.id, name: 'phone', isOperator: true });
    for (const one of [tab, narrow])
      for (const path of [`accounts/${owner.id}`, `nodes/${node}`, ...PAGES, ...MORE])
        expect({ path, status: await one.go(`${AT}/${path}`), wrong: await one.judge() }).toEqual({
          path,
          status: 200,
          wrong: [],
        });
    expect([...tab.faults, ...narrow.faults]).toEqual([]);
    await narrow.close();
  });

  /** A form of the page as it stands, sent by hand; gives the status. */
  const send = async (at: Tab, path: string, fields: Record<string, string>): Promise<number> => {
    const csrf = await at.page.locator('input[name="csrf"]').first().inputValue();
    const form = { csrf, ...fields };
    const headers = { origin: browser.origin };
    const answer = await at.page.context().request.post(path, { form, headers, maxRedirects: 0 });
    return answer.status();
  };

  it('makes an account, gives it credit once, and disables it after asking', async () => {
    await tab.go(`${AT}/accounts`);
    await tab.page.fill('input[name="name"]', 'A library');
    await press('Make an account');
    expect(await told()).toContain('The account is made.');
    const event = await tab.page.inputValue('input[name="event"]');
    await tab.page.fill('input[name="amount"]', '25,5');
    await tab.page.fill('input[name="memo"]', 'for the summer');
    await press('Grant it');
    // What was written stays, and so does the number of the grant.
    const kept = ['amount', 'memo', 'event'].map((name) => tab.page.inputValue(`input[name="${name}"]`));
    expect(await Promise.all(kept)).toEqual(['25,5', 'for the summer', event]);
    await tab.page.fill('input[name="amount"]', '25.5');
    await press('Grant it');
    expect(await told()).toContain('The credit is granted');
    expect(await told()).toContain('25.50');
    const [, id = ''] = /(acct_[0-9a-f]{32})/.exec(tab.page.url()) ?? [];
    // Sent twice, as by a button that was pressed twice, it is granted once.
    const grant = { event: await tab.page.inputValue('input[name="event"]'), amount: '4', days: '', memo: 'twice' };
    for (let i = 0; i < 2; i++) expect(await send(tab, `${AT}/accounts/${id}/credit`, grant)).toBe(303);
    // A large amount is asked about once more, and is nothing before it is said again.
    await tab.go(`${AT}/accounts/${id}`);
    expect(await told()).toContain('29.50');
    await tab.page.fill('input[name="amount"]', '5000');
    await press('Grant it');
    expect(await told()).toContain('5,000.00 credits are to be granted');
    expect((await stack.admin('GET', `/accounts/${id}`)).json['balance_micro']).toBe(29_500_000);
    await press('Grant it');
    expect(await told()).toContain('5,029.50');
    await tab.go(`${AT}/ledger/accounts?account=${id}`);
    expect(await told()).toMatch(/equal|moving/);
    await tab.go(`${AT}/accounts/${id}/disable`);
    await press('Disable it');
    expect(await told()).toContain('The account is disabled');
    expect((await stack.admin('GET', `/accounts/${id}`)).json['disabled_at']).toBeTypeOf('number');
    await tab.go(`${AT}/accounts?q=LIBRARY`);
    expect(await told()).toContain(id);
  });

  it('lets an account give credit and takes that back, and lets somebody in by a link that signs in once', async () => {
    const { id } = await stack.makeAccount();
    await tab.go(`${AT}/accounts/${id}`);
    await press('Let it give credit');
    expect(await told()).toContain('It may give credit of its own to others now.');
    await press('Let it give no more');
    await tab.page.fill('form[action$="/links"] input[name="name"]', 'Ada');
    await press('Make the link');
    const link = new URL(await tab.page.locator('main pre').innerText()).pathname;
    const ada = await browser.open();
    await ada.go(link);
    await Promise.all([ada.page.waitForURL('**/console'), ada.page.locator('main form button').click()]);
    await ada.go('/console/members');
    expect(await ada.page.innerText('main')).toContain('Ada');
    const later = await browser.open();
    await later.go(link);
    expect(await later.page.locator('main form button').count()).toBe(0);
    await Promise.all([ada.close(), later.close()]);
  });

  it('leads a search to what it names, from whatever list it was typed into, and finds an account by a member’s mail', async () => {
    const { id, keyId } = await stack.makeAccount();
    const added = await stack.admin('POST', `/accounts/${id}/members`, { name: 'Mio', email: 'Mio@irori.example' });
    const lead = async (list: string, q: string): Promise<string> => {
      await tab.go(`${AT}/${list}`);
      await tab.page.fill('#f-q', q);
      await Promise.all([tab.page.waitForNavigation(), tab.page.press('#f-q', 'Enter')]);
      return tab.page.url().slice(browser.origin.length + AT.length);
    };
    expect(added.status).toBe(201);
    expect(await lead('nodes', keyId)).toBe(`/accounts/${id}?key=${keyId}`);
    expect(await told()).toContain('All of its open keys');
    expect(await lead('accounts', ` ${id} `)).toBe(`/accounts/${id}`);
    expect(await lead('jobs', String(added.json['id']))).toBe(`/accounts/${id}`);
    expect(await lead('accounts', node)).toBe(`/nodes/${node}`);
    expect(await lead('nodes', id)).toBe(`/nodes?q=${id}`);
    await lead('accounts', 'mio@IRORI');
    expect(await told()).toContain(id);
    const { body } = await stack.call('/v1/chat/completions', {
      key: owner.apiKey,
      body: { model: 'nano-demo', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 4, stream: false },
    });
    await body?.cancel();
    let job = '';
    await until('the job is listed', async () => {
      const answer = await stack.call('/v1/jobs', { key: owner.apiKey });
      job = ((await answer.json()) as { data: { job: string }[] }).data[0]?.job ?? '';
      return job !== '';
    });
    expect(await lead('accounts', job.replace('job_', 'rcpt_') + '_0')).toBe(`/jobs/${job}?account=${owner.id}`);
    expect(await lead('accounts', `job_${'0'.repeat(32)}`)).toBe(`/accounts?q=job_${'0'.repeat(32)}`);
  });

  it('makes a link for a member that never signs in as whoever has the address that an owner wrote beside it', async () => {
    const hands = new Hands(stack, owner.id);
    await hands.signIn({ name: 'Juichi', email: 'juichi@irori.example' });
    const theirs = await stack.makeAccount();
    const body = { name: 'Not Juichi', email: 'juichi@irori.example', role: 'member' };
    const { id } = (await stack.admin('POST', `/accounts/${theirs.id}/members`, body)).json;
    const { cookie, csrf } = await hands.signIn({ is_operator: true, name: 'Oki' });
    const made = await hands.ask(`/console/operator/accounts/${theirs.id}/members/${String(id)}/link`, {
      cookie,
      form: { csrf },
    });
    const link = /\/sign-in\/[\w-]{43}/.exec(made.text)?.[0] ?? '';
    expect((await hands.ask(link)).text).toContain('signed in as Not Juichi');
  });

  it('revokes a key after asking, and says of one that is revoked that it is', async () => {
    const { id, keyId, apiKey } = await stack.makeAccount();
    expect((await stack.call('/v1/models', { key: apiKey })).status).toBe(200);
    await tab.go(`${AT}/accounts/${id}`);
    await tab.page.getByRole('link', { name: 'Revoke the key “test”' }).click();
    await press('Revoke');
    expect(await told()).toContain('The key is revoked.');
    expect((await stack.call('/v1/models', { key: apiKey })).status).toBe(401);
    await tab.go(`${AT}/accounts/${id}/keys/${keyId}/revoke`);
    expect(await told()).toContain('This key is revoked already.');
  });

  it('shows jobs that failed and that were slow, older than the newest of all, with the home of each', async () => {
    const { id: busy } = await stack.makeAccount();
    const answer = await stack.call('/v1/chat/completions', {
      key: owner.apiKey,
      body: { model: 'nano-demo', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 4 },
    });
    const jobId = answer.headers.get('x-irori-job') ?? '';
    await answer.text();
    const rows = (account: string, at: number, facts: readonly Fact[]): Promise<unknown> =>
      addFlush(stack, account, { at, facts });
    const now = Date.now();
    const evil = '<img src=x onerror="document.title=1">' + 'x'.repeat(160);
    await rows(owner.id, now - 60_000, [
      makeFact('aa', { outcome: 'failed-by-node', model: evil }),
      makeFact('bb', { ttftMs: 12_000 }),
    ]);
    await tab.go(`${AT}/jobs`);
    expect(await told()).toMatch(/Failed \(1\)[\s\S]*Slow \(1\)[\s\S]*failed at the home/);
    expect(await told()).toContain(evil);
    expect([await tab.page.locator('main img').count(), await tab.judge()]).toEqual([0, []]);
    await tab.page.getByRole('link', { name: 'Slow (1)' }).click();
    await tab.page.waitForLoadState();
    expect(await told()).toContain(`job_${'bb'.repeat(16)}`);
    // Another's many push it out of what is looked at, and its account's id brings it back.
    for (let i = 0; i < 4; i++)
      await rows(
        busy,
        now - i,
        Array.from({ length: 500 }, (_, n) => makeFact((n % 256).toString(16).padStart(2, '0'), {})),
      );
    await tab.go(`${AT}/jobs?kind=failed&q=job_aa`);
    expect(await told()).toMatch(/only those since .* are looked at[\s\S]*None of those looked at holds “job_aa”/);
    await tab.go(`${AT}/jobs?account=${owner.id}`);
    expect(await told()).toContain('failed at the home');
    await until('its part is in the books', async () => {
      await tab.go(`${AT}/jobs/${jobId}?account=${owner.id}`);
      return (await told()).includes(node);
    });
    expect(await tab.judge()).toEqual([]);
  });

  it('keeps what was typed of a model with what is wrong with it, and adds and removes one', async () => {
    await tab.go(`${AT}/catalogue/new`);
    const fields = { id: 'lab/tiny', digests: 'short', price_in: '10', price_out: '20' };
    const sizes = { context_tokens: '4096', max_output_tokens: '512' };
    for (const [name, text] of Object.entries({ ...fields, ...sizes }))
      await tab.page.fill(`main input[name="${name}"]`, text);
    await press('Add it');
    expect(await told()).toContain('Digests: ');
    expect(await tab.page.getAttribute('main input[name="digests"]', 'aria-invalid')).toBe('true');
    expect(await tab.page.inputValue('main input[name="id"]')).toBe('lab/tiny');
    await tab.page.fill('main input[name="digests"]', 'ab'.repeat(32));
    await press('Add it');
    expect(await told()).toContain('lab/tiny');
    const priceOf = async (): Promise<unknown> => {
      const answer = await stack.call('/v1/models/lab/tiny', { key: owner.apiKey });
      return answer.status === 200
        ? ((await answer.json()) as { pricing: { completion: unknown } }).pricing.completion
        : null;
    };
    expect(Number(await priceOf())).toBe(20);
    await tab.go(`${AT}/catalogue/model?id=lab%2Ftiny`);
    await tab.page.fill('main input[name="price_out"]', '40');
    await press('Keep it');
    expect(Number(await priceOf())).toBe(40);
    await tab.go(`${AT}/catalogue/remove?id=lab%2Ftiny`);
    await press('Take it off');
    expect(await told()).toContain('The model is off the catalogue.');
    expect(await priceOf()).toBeNull();
  });

  it('shows a grant that is refused anew, with what was typed, and the fault tied to its field, in Japanese', async () => {
    const other = await browser.open({ locale: 'ja-JP' });
    await other.signIn({ account: owner.id, name: 'Taro', isOperator: true });
    const { page } = other;
    await other.go(`${AT}/accounts/${owner.id}`);
    await page.fill('input[name="amount"]', '0');
    await page.fill('input[name="memo"]', 'for the library');
    await page.selectOption('select[name="purpose"]', 'research');
    await Promise.all([page.waitForNavigation(), page.click('form:has(input[name="amount"]) button')]);
    expect(await page.inputValue('input[name="memo"]')).toBe('for the library');
    expect(await page.inputValue('select[name="purpose"]')).toBe('research');
    const [fault = ''] = ((await page.getAttribute('input[name="amount"]', 'aria-describedby')) ?? '').split(' ');
    expect(await page.getAttribute('input[name="amount"]', 'aria-invalid')).toBe('true');
    expect(await page.textContent(`#${fault}`)).toContain('0より大きい');
    expect(await page.textContent('[role=alert]')).toContain('金額');
    expect(await other.judge()).toEqual([]);
    await other.shot('operator-refused-ja');
    // What was mended goes through from where it stands.
    await page.fill('input[name="amount"]', '2');
    await Promise.all([page.waitForNavigation(), page.click('form:has(input[name="amount"]) button')]);
    expect(new URL(page.url()).searchParams.get('did')).toBe('granted');
    await other.close();
  });

  it('says what is away, and what that means', async () => {
    await stack.stopPresence();
    await tab.go(`${AT}/health`);
    expect(await told()).toMatch(/Something is away[\s\S]*Presence \(Redis\)\s+away/);
    await stack.startPresence();
    await tab.go(`${AT}/health`);
    expect(await told()).toContain('All that this edge needs answers.');
  });

  it('revokes a home after asking why, and its owner is told', async () => {
    await tab.go(`${AT}/nodes/${node}`);
    await tab.page.getByRole('link', { name: 'Revoke this home' }).click();
    await tab.page.fill('main input[name="reason"]', 'It was <b>stolen</b>.');
    await press('Revoke it');
    expect(await told()).toMatch(/The home is revoked[\s\S]*Revoked: It was <b>stolen<\/b>\./);
    await until('the home hears it', () => home.lines.some((line) => line.includes('It was <b>stolen</b>.')));
    await tab.go(`${AT}/nodes/${node}`);
    expect(await told()).not.toContain('Revoke this home');
  });

  it('has no page and no form for anybody else', async () => {
    const { id, keyId, apiKey } = await stack.makeAccount();
    const ids: Record<string, string> = { ':id': id, ':key': keyId, ':member': 'mem_1' };
    const { makeConsole } = (await import(CONSOLE)) as Console;
    const routes = makeConsole().routes.filter(({ path, method }) => path.startsWith(AT) && method !== 'ALL');
    const asked = new Set(
      routes.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, (name) => ids[name] ?? '')}`),
    );
    expect(asked.size).toBeGreaterThan(25);
    const other = await browser.open();
    await other.signIn({ account: id, name: 'Somebody' });
    const nobody = await browser.open();
    const odd: string[] = [];
    for (const route of asked) {
      const [method = '', path = ''] = route.split(' ');
      const fields = {
        name: 'x',
        reason: 'x',
        is_sponsor: 'yes',
        id: 'nano-demo',
        amount: '1',
        event: `evt_${'0'.repeat(32)}`,
      };
      const status =
        method === 'POST' ? await send(other, path, fields) : (await other.page.context().request.get(path)).status();
      const out = await nobody.page.context().request.fetch(path, { method, maxRedirects: 0 });
      if (status !== 404 || out.status() !== 303) odd.push(`${route}: ${status}, ${out.status()}`);
    }
    expect(odd).toEqual([]);
    expect((await stack.admin('GET', `/accounts/${id}`)).json).toMatchObject({ disabled_at: null, balance_micro: 0 });
    expect((await stack.call('/v1/models', { key: apiKey })).status).toBe(200);
    for (const one of [other, nobody]) await one.close();
  });
});

/** A part of a job, which is these two digits over and over. */
function makeFact(
  digits: string,
  some: { readonly outcome?: string; readonly model?: string; readonly ttftMs?: number },
): Fact {
  const { outcome = 'complete', model = 'nano-demo', ttftMs = 100 } = some;
  return [digits.repeat(16), 0, model, outcome, Date.now(), 1, ttftMs, 0, null];
}

/** A list of parts in the book, as its account writes it, that moved nothing. */
async function addFlush(
  stack: Stack,
  account: string,
  { at, facts }: { readonly at: number; readonly facts: readonly Fact[] },
): Promise<void> {
  const database = await stack.network.database();
  const parts = packFacts(
    facts.map((fact) => fact.with(4, at) as unknown as Fact),
    at,
  );
  await database
    .prepare("INSERT INTO flushes (seq, account_id, at, postings, homes, parts) VALUES (?1, ?2, ?3, '{}', '{}', ?4)")
    .bind(at * 1024, account, at, parts)
    .run();
}

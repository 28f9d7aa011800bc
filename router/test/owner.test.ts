// What an owner needs and no operator does: an account, a machine linked by a code that is typed elsewhere, its list, a test job, the doctor, its receipts, leaving
// and moving. One network, with a real home; the rules of each stand in pure files beside their tests.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { nodeIdOf } from '../../schema/ids.ts';
import { bindProof } from '../../schema/node-proof.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { BROWSER_TOLD, findBrowser } from './browser.ts';
import { makeHomeKey, proveCode, proveHome } from './home-proof.ts';
import type { HomeKey } from './home-proof.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const BROWSER = findBrowser();

type Json = Record<string, any>;

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let agent: TestAgent;
let home: HomeKey;
let node: string;
let digest: string;
let answer: Answer;

beforeAll(async () => {
  stack = await startStack({ bindings: { SIGNUP: 'open' } });
  server = await startModelServer();
  owner = await signUp('Ada');
  caller = await stack.makeAccount(10_000_000);
  const args = ['--models', 'say-8x0', '--backend', server.url, '--slots', '2'];
  agent = await stack.startAgent({ owner, args, place: '48.9,2.4,FR' });
  digest = await learnDigest(stack, owner, 'say-8x0');
  const text = (await readFile(join(agent.stateDir, 'session.key'), 'utf8')).trim();
  const privateKey = fromHex(text as Hex);
  home = { privateKey, address: addressOfPrivateKey(privateKey) };
  node = nodeIdOf(home.address);
});

afterAll(async () => {
  await stack?.stop();
  await server?.stop();
});

/** Where a command of the path stands. */
function findPath(command = ''): string {
  return spawnSync('sh', ['-c', `command -v ${command}`])
    .stdout.toString()
    .trim();
}

async function signUp(name: string): Promise<TestAccount> {
  const response = await stack.call('/v1/accounts', { body: { name } });
  expect(response.status).toBe(201);
  const made = (await response.json()) as Json;
  return { id: made['account'], keyId: made['key_id'], apiKey: made['key'] };
}

type Call = NonNullable<Parameters<Stack['call']>[1]>;

/** Status and JSON. */
async function ask(path: string, options: Call = {}): Promise<[status: number, json: Json]> {
  const response = await stack.call(path, options);
  return [response.status, (await response.json()) as Json];
}

const asOwner = (path: string, options: Call = {}): Promise<[number, Json]> =>
  ask(path, { key: owner.apiKey, ...options });
const asHome = (path: string, options: Call = {}, key = home): Promise<[number, Json]> => {
  const method = options.method ?? (options.body === undefined ? 'GET' : 'POST');
  const bound = method === 'GET' ? undefined : bindProof(method, path);
  return ask(path, { key: proveHome(stack.url, key, bound), ...options });
};

describe('an account of one’s own', () => {
  test('comes with a key that may all but spend: there is no credit in it', async () => {
    const [, made] = await ask('/v1/accounts', { body: { name: 'Bob' } });
    expect(made).toMatchObject({
      name: 'Bob',
      balance_micro: 0,
      scopes: ['call', 'usage', 'keys', 'nodes', 'members'],
    });
    expect(await asOwner('/v1/usage')).toMatchObject([200, { balance_micro: 0 }]);
    const { json } = await stack.admin('GET', `/accounts/${owner.id}`);
    expect(json).toMatchObject({ name: 'Ada', signed_up: true });
    expect((await ask('/v1/accounts', { body: { name: '' } }))[0]).toBe(400);
  });

  test('an address family gets five a day, and another one its own', async () => {
    const from = (address: string): Call => ({ body: { name: 'x' }, headers: { 'cf-connecting-ip': address } });
    const tries = await Promise.all(
      Array.from({ length: 7 }, (_, i) => ask('/v1/accounts', from(`203.0.113.${i}`)).then(([status]) => status)),
    );
    expect(tries.toSorted((a, b) => a - b)).toEqual([201, 201, 201, 201, 201, 429, 429]);
    expect((await ask('/v1/accounts', from('198.51.100.1')))[0]).toBe(201);
  });
});

describe('a machine is linked by a code that is typed elsewhere', () => {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const machine = { name: 'attic', platform: 'linux x64', card: 'RTX 4070', models: ['llama3.2'] };
  const begin = async (): Promise<Json> => (await ask('/node/v1/links', { body: { machine, challenge } }))[1];
  const token = (link: Json, proof = verifier): Promise<[number, Json]> =>
    ask('/node/v1/links/token', { body: { device_code: link['device_code'], verifier: proof } });
  const decide = (code: string, body: object, key = owner.apiKey): Promise<[number, Json]> =>
    ask(`/v1/owner/links/${encodeURIComponent(code)}`, { key, body });

  test('with lower case and spaces; the code goes once, to the verifier’s holder, and the home has its name', async () => {
    const link = await begin();
    expect(link).toMatchObject({ expires_in: 600, interval: 5, verification_uri: `${stack.url}/link` });
    expect(link['user_code']).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(await token(link)).toMatchObject([400, { error: { code: 'authorization_pending' } }]);
    expect(await token(link)).toMatchObject([400, { error: { code: 'slow_down' } }]);
    const typed = String(link['user_code']).toLowerCase().replace('-', ' ');
    const [, shown] = await asOwner(`/v1/owner/links/${encodeURIComponent(typed)}`);
    expect(shown).toMatchObject({ state: 'pending', machine, account: { id: owner.id, name: 'Ada' } });
    expect(await decide(typed, { decision: 'approve', name: 'loft' })).toMatchObject([200, { state: 'approved' }]);
    expect(await token(link, 'x'.repeat(43))).toMatchObject([400, { error: { code: 'access_denied' } }]);
    const both = await Promise.all([token(link), token(link)]);
    const [[, got], [, late]] = both.toSorted(([a], [b]) => a - b) as [[number, Json], [number, Json]];
    expect(got).toMatchObject({ code: expect.stringMatching(/^enr_/), account: owner.id, name: 'loft' });
    expect(late).toMatchObject({ error: { code: 'expired_token' } });
    const key = makeHomeKey();
    const [, enrolled] = await ask('/node/enrol', { body: proveCode(stack.url, key, String(got['code'])) });
    expect(enrolled).toMatchObject({ account: owner.id, name: 'loft' });
    expect(await asHome('/node/v1/leave', { method: 'POST' }, key)).toMatchObject([200, { account: owner.id }]);
  });

  test('a decision is one: two accounts that approve, and an approval after a denial, are told', async () => {
    const other = await stack.makeAccount();
    const { json } = await stack.admin('POST', `/accounts/${other.id}/keys`, { scopes: ['nodes'] });
    const link = await begin();
    const code = String(link['user_code']);
    const both = await Promise.all([
      decide(code, { decision: 'approve' }),
      decide(code, { decision: 'approve' }, String(json['key'])),
    ]);
    expect(both.map(([status]) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    const second = await begin();
    expect((await decide(second['user_code'], { decision: 'deny' }))[1]).toMatchObject({ state: 'denied' });
    expect((await decide(second['user_code'], { decision: 'approve' }))[0]).toBe(409);
    // What one account decided about, and how it called it, is no other's to read.
    expect((await ask(`/v1/owner/links/${second['user_code']}`, { key: String(json['key']) }))[0]).toBe(409);
    expect(await token(second)).toMatchObject([400, { error: { code: 'access_denied' } }]);
    expect((await decide(code, { decision: 'approve' }, caller.apiKey))[1]).toMatchObject({
      error: { code: 'scope_missing' },
    });
    expect((await decide(second['user_code'], { decision: 'approve', pool: 'pool_none' }))[0]).toBe(404);
  });

  test('what is over is over: ten minutes, five wrong verifiers, and codes that are guessed', async () => {
    const link = await begin();
    const database = await stack.network.database();
    await database.prepare("UPDATE device_links SET expires_at = 1 WHERE state = 'pending'").run();
    expect(await token(link)).toMatchObject([400, { error: { code: 'expired_token' } }]);
    expect((await decide(link['user_code'], { decision: 'approve' }))[0]).toBe(404);
    // Who says yes in the last second has linked it: the machine asks only every five.
    const late = await begin();
    const soon = Date.now() + 1500;
    await database.prepare("UPDATE device_links SET expires_at = ? WHERE state = 'pending'").bind(soon).run();
    expect((await decide(late['user_code'], { decision: 'approve' }))[0]).toBe(200);
    const [ends] = (await database.prepare('SELECT max(expires_at) AS ends FROM device_links').all()).results;
    expect(Number(ends?.['ends'])).toBeGreaterThan(soon + 50_000);
    const burnt = await begin();
    for (let i = 0; i < 5; i++) await token(burnt, 'y'.repeat(43));
    expect(await token(burnt)).toMatchObject([400, { error: { code: 'access_denied' } }]);
    const guesser = await signUp('Mallory');
    const guess = (): Promise<number> =>
      ask('/v1/owner/links/BBBB-BBBB', { key: guesser.apiKey }).then(([status]) => status);
    const guesses = await Promise.all(Array.from({ length: 20 }, guess));
    expect(new Set(guesses)).toEqual(new Set([404]));
    expect(await guess()).toBe(429);
    expect((await ask('/node/v1/links/token', { body: { device_code: 'dev_X', verifier } }))[1]).toMatchObject({
      error: { code: 'expired_token' },
    });
  });

  test('the page holds nothing of the request, speaks two languages and may ask its own router alone', async () => {
    const page = await stack.call('/link?code=%22%3E%3Cscript%3E', { headers: { 'accept-language': 'ja,en' } });
    const html = await page.text();
    expect(html).toContain('<html lang="ja">');
    expect(html).not.toContain('><script>"');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'");
    expect(html).not.toMatch(/https?:\/\//);
  });
});

describe.skipIf(!BROWSER)(`the page in a browser (${BROWSER_TOLD})`, () => {
  test('is done by keyboard on a phone’s width, and axe finds nothing in either step', async () => {
    const challenge = createHash('sha256').update('z'.repeat(43)).digest('base64url');
    const machine = { name: 'attic', models: ['a'] };
    const [, link] = await ask('/node/v1/links', { body: { machine, challenge } });
    const browser = await chromium.launch({ executablePath: findPath(BROWSER), args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
      const asked: string[] = [];
      page.on('request', (one) => asked.push(new URL(one.url()).origin));
      await page.goto(String(link['verification_uri_complete']));
      const axe = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
      await page.evaluate(axe);
      const look = (): Promise<string[]> =>
        page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))');
      expect(await look()).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
      await page.focus('#code');
      await page.keyboard.press('Tab');
      await page.keyboard.type(owner.apiKey);
      await page.keyboard.press('Enter');
      await page.waitForSelector('#second:not([hidden])');
      expect(await look()).toEqual([]);
      expect(await page.textContent('#second dl')).toContain('attic');
      for (const key of ['Tab', 'Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
      await page.waitForSelector('#second[hidden]', { state: 'attached' });
      expect(await page.textContent('#said')).toBe('Refused. The machine gets nothing.');
      // What stands in the style itself is of no origin; where a session can be, the router goes by its name.
      const own = ['null', stack.url, stack.url.replace('127.0.0.1', 'localhost')];
      expect(asked.filter((origin) => !own.includes(origin))).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

describe('a home as its owner sees it', () => {
  test('its list tells what it does now; its name is the owner’s or its own to say', async () => {
    const [, list] = await asOwner('/v1/owner/nodes');
    const [mine] = list['data'] as Json[];
    expect(mine).toMatchObject({ id: node, online: true, state: 'idle', reason: null, slots: 2, running: 0 });
    expect(mine).toMatchObject({ models: [{ name: 'say-8x0', catalogue_id: null, served_to: 'own account only' }] });
    expect(mine?.['version']).toMatch(/^irori-node\//);
    expect((await asHome('/v1/owner/nodes'))[1]['data']).toMatchObject([{ id: node }]);
    const [byDay] = (await asOwner('/v1/owner/nodes?by=day'))[1]['data'] as Json[];
    expect([mine?.['earned_days_micro'], byDay?.['earned_days_micro']]).toEqual([
      undefined,
      expect.objectContaining({ length: 30 }),
    ]);
    expect((await ask('/v1/owner/nodes', { key: caller.apiKey }))[1]['data']).toEqual([]);
    expect((await asHome('/node/v1/self', { method: 'PATCH', body: { name: 'cellar' } }))[1]).toMatchObject({
      name: 'cellar',
    });
    const renamed = await asOwner(`/v1/owner/nodes/${node}`, { method: 'PATCH', body: { name: 'shed' } });
    expect(renamed).toMatchObject([200, { name: 'shed' }]);
    expect((await asOwner('/v1/owner/nodes'))[1]['data']).toMatchObject([{ name: 'shed' }]);
    expect((await ask('/node/v1/self', { method: 'PATCH', body: { name: 'x' }, key: owner.apiKey }))[0]).toBe(401);
    // Whoever sees a proof that asked something cannot end the home with it.
    const seen = proveHome(stack.url, home);
    expect((await ask('/node/v1/why', { key: seen }))[0]).toBe(200);
    expect((await ask('/node/v1/leave', { key: seen, body: { force: true } }))[0]).toBe(401);
  });

  test('of a model that is in no catalogue why and the doctor say that only its owner’s calls come', async () => {
    const [, why] = await asHome('/node/v1/why');
    const [told] = why['nodes'] as Json[];
    expect(told?.['lastHour'].spans.at(-1).text).toMatch(/Only your own calls come here|It worked/);
    const [, doctor] = await asHome('/node/v1/doctor');
    expect(doctor).toMatchObject({ would_choose: false, model: null });
    const gates = doctor['gates'] as Json[];
    expect(gates.filter(({ passes }) => !passes).map(({ gate }) => gate)).toEqual(['in_catalogue']);
    expect(gates.at(0)).toMatchObject({ gate: 'enrolled', passes: true });
  });

  test('a test job runs at exactly this home, free, and is its account’s to read', async () => {
    const response = await stack.call('/node/v1/test', {
      key: proveHome(stack.url, home),
      body: { max_tokens: 20, stream: true },
    });
    expect(response.status).toBe(200);
    const job = response.headers.get('x-irori-job-id');
    expect(response.headers.get('x-irori-node')).toBe(node);
    expect(await response.text()).toContain('data: [DONE]');
    const [, receipt] = await asOwner(`/v1/receipts/${job}`);
    expect(receipt['data']).toMatchObject([{ node, charge_micro: 0, outcome: 'complete' }]);
    expect((await asHome('/node/v1/test', { body: { model: 'other' } }))[1]).toMatchObject({
      error: { code: 'model_not_found' },
    });
    expect((await asHome('/node/v1/test', { body: { max_tokens: 20, stream: false } }))[1]).toMatchObject({
      irori: { node },
    });
  });
});

describe('once its model is in the catalogue', () => {
  beforeAll(async () => {
    await listModel(stack, { owner, id: MODEL, digest });
    answer = await askAll(stack, { account: caller, model: MODEL, prompt: 'say-20x2', maxTokens: 50 });
  });

  test('demand tells price, homes and whom it would serve, with or without a home’s proof', async () => {
    const path = `/node/v1/demand?model=mine&digest=${digest}&model=other&digest=${'0'.repeat(64)}`;
    const [, told] = await ask(path);
    expect(told['models']).toMatchObject([
      { name: 'mine', in_catalogue: true, id: MODEL, homes_online: 1, calls_per_hour: null, served_to: 'everyone' },
      { name: 'other', in_catalogue: false, id: null, served_to: 'own account only' },
    ]);
    expect((await asHome(path))[0]).toBe(200);
    expect((await ask('/node/v1/demand'))[0]).toBe(400);
    expect((await ask('/node/v1/demand?model=a&digest=b'))[0]).toBe(400);
  });

  test('the doctor walks every gate of the choice, and names the one that fails', async () => {
    const [, doctor] = await asHome('/node/v1/doctor');
    const names = (doctor['gates'] as Json[]).map(({ gate }) => gate);
    expect(names).toEqual(
      'enrolled connected ready not_paused not_cooling usable keeps_up offers_model in_catalogue for_everyone slot_free meets_wishes price reliable first_token speed chosen'.split(
        ' ',
      ),
    );
    expect(doctor).toMatchObject({ would_choose: true, model: MODEL });
  });

  test('what is measured is told apart from what is guessed', async () => {
    const [, why] = await asHome('/node/v1/why');
    const [told] = why['nodes'] as Json[];
    expect({ measured: Object.keys(told?.['measured']), guessed: told?.['guessed'] }).toEqual({
      measured: ['say-8x0'],
      guessed: {},
    });
  });

  test('the home’s owner and the home itself read the receipt, and nothing of who paid from what', async () => {
    const path = `/v1/receipts/${answer.job}`;
    const [status, receipt] = await until('the owner’s view', async () => {
      const found = await asOwner(path);
      return found[0] === 200 ? found : null;
    });
    expect(status).toBe(200);
    expect(receipt['data']).toMatchObject([{ job: answer.job, node, paid_from: null, receiptSeal: expect.anything() }]);
    expect((await asHome(path))[1]['data']).toMatchObject([{ job: answer.job }]);
    expect((await asOwner(`${path}?node=${node}`))[0]).toBe(200);
    expect((await ask(path, { key: (await signUp('Eve')).apiKey }))[0]).toBe(404);
  });

  test('its days are summed in the list, and a forecast says that too little is known', async () => {
    const mine = await until('today’s earnings', async () => {
      const [, list] = await asOwner('/v1/owner/nodes');
      const [one] = list['data'] as Json[];
      return one?.['earned_today_micro'] > 0 ? one : null;
    });
    expect(mine).toMatchObject({ models: [{ catalogue_id: MODEL, served_to: 'everyone' }] });
    expect(mine['earned_30d_micro']).toBe(mine['earned_today_micro']);
    const [, forecast] = await asHome('/node/v1/forecast');
    expect(forecast).toMatchObject({ enough_data: false, models: [{ id: MODEL, low_micro_day: null }] });
  });

  test('to move it takes a code of the other account and a new key; what it earned stays where it was', async () => {
    const other = await signUp('Grace');
    const [, code] = await ask('/v1/nodes/enrolments', { key: other.apiKey, body: {} });
    const next = makeHomeKey();
    const proof = (key: HomeKey): object => proveCode(stack.url, key, String(code['code']));
    expect((await asHome('/node/v1/move', { body: proof(home) }))[0]).toBe(400);
    const [status, moved] = await asHome('/node/v1/move', { body: { ...proof(next), force: true } });
    expect([status, moved['account'], moved['moved_from'], moved['name']]).toEqual([200, other.id, node, 'shed']);
    await until('its end here', () =>
      Promise.resolve(agent.lines.some((line) => line.includes('moved to another account'))),
    );
    const [, earned] = await asOwner(`/node/v1/earnings?node=${node}&by=machine`);
    expect(earned['data'][0].earned_micro).toBeGreaterThan(0);
    expect((await asOwner('/v1/owner/nodes'))[1]['data']).toEqual([]);
    expect((await asOwner(`/v1/receipts/${answer.job}`))[1]['data']).toMatchObject([{ job: answer.job, node }]);
    expect((await ask('/v1/owner/nodes', { key: other.apiKey }))[1]['data']).toMatchObject([
      { id: moved['node'], name: 'shed', online: false },
    ]);
    expect((await asHome('/node/v1/leave', { method: 'POST' }))[1]).toMatchObject({ error: { code: 'node_revoked' } });
    expect((await asHome('/node/v1/doctor', {}, next))[1]).toMatchObject({ would_choose: false });
  });
});

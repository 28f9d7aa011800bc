// What callers read of their usage, what anyone reads of the books, and the command that compares these, after real jobs of two keys, two models and
// two kinds through a whole network.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ABLE_MODEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';
import { learnDigest, listModel } from './ask.ts';
import { ADMIN_SECRET } from './stack.ts';
import type { TestAccount } from './stack.ts';
import { until } from './until.ts';
import { METHOD_URL } from '../billing/tell-energy.ts';

const MODELS = ['test/priced', 'test/other'] as const;
const BOOKS = resolve(import.meta.dirname, '../local/books.ts');
const TODAY = () => new Date().toISOString().slice(0, 10);

interface Row {
  readonly [name: string]: string | number | null;
}
interface Told {
  readonly totals: Row;
  readonly period: Row;
  readonly data: readonly Row[];
  readonly next: string | null;
}

let network: AbleStack;
let caller: TestAccount;
/** The caller's second key, with a name that a spreadsheet would run. */
let other: { id: string; key: string };

beforeAll(async () => {
  network = await startAbleStack();
  const { stack, account: owner } = network;
  const digest = await learnDigest(stack, owner, ABLE_MODEL);
  for (const id of MODELS) await listModel(stack, { owner, id, digest });
  caller = await stack.makeAccount(10_000_000);
  const minted = await stack.admin('POST', `/accounts/${caller.id}/keys`, { name: '=HYPERLINK("x")' });
  other = minted.json as typeof other;
  await ask('/v1/chat/completions', caller.apiKey, { model: MODELS[0], messages: [{ role: 'user', content: 'Hi' }] });
  await ask('/v1/chat/completions', other.key, { model: MODELS[1], messages: [{ role: 'user', content: 'Hi there' }] });
  await ask('/v1/embeddings', other.key, { model: MODELS[0], input: 'one text' });
  await until('the jobs in the book', async () => (await read('group_by=key')).period?.['jobs'] === 3);
});
afterAll(() => network?.stop());

async function ask(path: string, key: string, body: object): Promise<void> {
  const response = await network.stack.call(path, { key, body });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  await response.json();
}

async function read(query: string, key = caller.apiKey): Promise<Told> {
  const response = await network.stack.call(`/v1/usage?${query}`, { key });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Told;
}

function runBooks(command: string): Promise<{ status: number | null; told: string }> {
  return new Promise((done) => {
    const env = { ...process.env, ADMIN_SECRET };
    const child = spawn(process.execPath, [BOOKS, command, '--json', '--url', network.stack.url], { env });
    let told = '';
    child.stdout.on('data', (piece: Buffer) => (told += piece.toString()));
    child.on('close', (status) => done({ status, told }));
  });
}

test('usage stands by key, model, day and kind, and its sums are what the account was charged', async () => {
  const { data: keys, period, totals } = await read('group_by=key');
  expect(keys.map((row) => [row['key'], row['key_name'], row['jobs']])).toEqual(
    [
      [caller.keyId, 'test', 1],
      [other.id, '=HYPERLINK("x")', 2],
    ].toSorted(([one], [two]) => (String(one) < String(two) ? -1 : 1)),
  );
  for (const name of ['jobs', 'prompt_tokens', 'completion_tokens', 'charged_micro'])
    expect([name, period[name]]).toEqual([name, totals[name]]);
  expect(Number(period['charged_micro'])).toBeGreaterThan(0);
  // By the homes' meters: where this machine has none nobody knows it, and that is no 0.
  expect(period['parts']).toBe(3);
  expect(period['energy_micro_wh'] === null).toBe(period['energy_known_parts'] === 0);
  const { data } = await read('group_by=kind,model,day');
  expect(data).toMatchObject([
    { kind: 'chat', model: MODELS[1], jobs: 1 },
    { kind: 'chat', model: MODELS[0], jobs: 1 },
    { kind: 'embedding', model: MODELS[0], jobs: 1, completion_tokens: 0 },
  ]);
  expect([TODAY(), TODAY()]).toContain(data[0]?.['day']);
  expect((await read(`key=${other.id}&kind=embedding`)).data).toMatchObject([{ jobs: 1 }]);
  expect((await read('group_by=key&from=2020-01-01&to=2020-01-31')).data).toEqual([]);
  expect((await read('group_by=key', network.account.apiKey)).data).not.toContainEqual(
    expect.objectContaining({ key: caller.keyId }),
  );
});

test('its energy stands by model, month and country, as JSON and as a table, and what nobody knows is null', async () => {
  const energy = async (query: string, key = caller.apiKey): Promise<Record<string, any>> =>
    (await (await network.stack.call(`/v1/usage/energy?${query}`, { key })).json()) as Record<string, any>;
  const told = await energy('');
  expect(told).toMatchObject({
    object: 'usage.energy',
    by: 'model',
    boundary: 'wall-above-idle',
    method_url: `${network.stack.url}${METHOD_URL}`,
  });
  expect(told['data'].map((row: Row) => row['model'])).toEqual(MODELS.toSorted());
  const { total } = told;
  const { period } = await read('group_by=key');
  const isKnown = Number(period['energy_known_parts']) > 0;
  expect(total.wh).toBe(isKnown ? Number(period['energy_micro_wh']) / 1e6 : null);
  expect(total.completion_tokens).toBe(period['completion_tokens']);
  expect([total.wh, total.wh_90, total.g_co2e].includes(0)).toBe(false);
  expect((await energy('by=month'))['data']).toMatchObject([{ month: TODAY().slice(0, 7) }]);
  expect((await energy('by=country'))['data']).toHaveLength(1);
  expect((await energy(`key=${other.id}`))['total'].completion_tokens).toBeLessThan(total.completion_tokens);
  // A key without the scope `usage` reads of itself, and this one has called nothing.
  const { json } = await network.stack.admin('POST', `/accounts/${caller.id}/keys`, { scopes: ['call'] });
  expect((await energy('', String(json['key'])))['total']).toMatchObject({ completion_tokens: 0, wh: null });
  expect((await energy('by=home'))['error']).toMatchObject({ code: 'invalid_value', param: 'by' });
  const table = await network.stack.call('/v1/usage/energy?by=country&format=csv', { key: caller.apiKey });
  expect([table.status, table.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8; header=present']);
  expect((await table.text()).split('\r\n')[0]).toMatch(/^country,wh,wh_low,wh_high,g_co2e,g_co2e_marginal,/);
  expect((await network.stack.call('/v1/usage/energy')).status).toBe(401);
});

test('pages follow one another by the link that each tells', async () => {
  const seen: unknown[] = [];
  for (let path: string | null = '/v1/usage?group_by=key,model&limit=1'; path;) {
    const page = (await (await network.stack.call(path, { key: caller.apiKey })).json()) as Told;
    seen.push(...page.data.map((row) => row['model']));
    path = page.next;
  }
  expect([MODELS[0], MODELS[1]].map((model) => seen.filter((one) => one === model).length)).toEqual([2, 1]);
});

test('a table is for spreadsheets, and runs nothing there', async () => {
  const headers = { accept: 'text/csv' };
  const response = await network.stack.call('/v1/usage?group_by=key', { key: caller.apiKey, headers });
  expect(response.headers.get('content-type')).toContain('text/csv');
  const [header, ...lines] = (await response.text()).trimEnd().split('\r\n');
  expect(header).toBe(
    'key,key_name,jobs,parts,prompt_tokens,completion_tokens,charged_micro,energy_micro_wh,energy_known_parts',
  );
  expect(lines).toHaveLength(2);
  expect(lines.join('\n')).toContain(`${other.id},"'=HYPERLINK(""x"")",2,2,`);
  const refused = await network.stack.call('/v1/usage?group_by=home', { key: caller.apiKey, headers });
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: 'group_by' } }]);
});

test('anyone reads that the books balance, as figures and as a page', async () => {
  const response = await fetch(`${network.stack.url}/audit`);
  expect(response.headers.get('cache-control')).toBe('public, max-age=10');
  const told = (await response.json()) as { ok: boolean; totals: Row };
  expect(told).toMatchObject({ ok: true });
  expect(Number(told.totals['jobs'])).toBeGreaterThanOrEqual(3);
  expect(JSON.stringify(told)).not.toMatch(/acct_|key_|node_/);
  const page = await (await fetch(`${network.stack.url}/audit`, { headers: { accept: 'text/html' } })).text();
  expect(page).toContain('The books balance');
});

test('one command says that the projections are what the book says, and where they are not, and makes them so', async () => {
  await network.stack.network.runSchedule(Date.now() + 25 * 3_600_000);
  expect(await runBooks('compare')).toMatchObject({ status: 0 });
  const database = await network.stack.network.database();
  await database.prepare('UPDATE usage_days SET jobs = jobs + 1').run();
  const found = await runBooks('compare');
  expect(found.status).toBe(1);
  const { ok, after } = JSON.parse(found.told) as { ok: boolean; after: { differing: { projection: string }[] } };
  // The caller's three, and the owner's own by which the digest was learned.
  expect([ok, after.differing.map(({ projection }) => projection)]).toEqual([false, Array(4).fill('usage_days')]);
  expect(await runBooks('rebuild')).toMatchObject({ status: 0 });
  expect((await read('group_by=key')).period).toMatchObject({ jobs: 3 });
  expect((await runBooks('dance')).status).toBe(2);
});

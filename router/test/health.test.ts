// Redis away: what an edge remembers serves, then the Area objects; /health says so; and all is well again when Redis is back.
import { PROTOCOL_VERSION } from '../../schema/frames.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FinalFacts } from '../../schema/chunks.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const PARIS = '48.9,2.4,FR';
const OK = { status: 'ok', presence: 'ok', protocol: PROTOCOL_VERSION };
const DEGRADED = { status: 'degraded', presence: 'away', protocol: PROTOCOL_VERSION };

let stack: Stack;
let models: ModelServer;
let account: TestAccount;
let home: TestAgent;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack(), startModelServer()]);
  account = await stack.makeAccount();
  const args = ['--backend', models.url, '--models', 'say-*', '--slots', '4'];
  home = await stack.startAgent({ owner: account, args, place: PARIS });
  await stack.waitForModel(account, 'say-*');
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

async function readHealth(): Promise<unknown> {
  const response = await stack.call('/health');
  expect(response.status).toBe(200);
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  expect(response.headers.get('cache-control')).toBe('no-store');
  return response.json();
}

function ask(place: string): Promise<Response> {
  const body = { model: 'say-2x0', messages: [{ role: 'user', content: 'hi' }] };
  return stack.call('/v1/chat/completions', { key: account.apiKey, place, body });
}

async function expectAnswer(response: Response): Promise<void> {
  const text = await response.text();
  expect({ status: response.status, text }).toMatchObject({ status: 200 });
  expect((JSON.parse(text) as { irori: FinalFacts }).irori).toMatchObject({ country: 'FR' });
}

function rowsInPresence(): Promise<unknown> {
  return stack.askPresence('HGETALL', `presence:~${account.id}:hub:weur:0`);
}

test('with Redis there all is ok', async () => {
  expect(await readHealth()).toEqual(OK);
  await expectAnswer(await ask(PARIS));
});

test('with Redis away health says degraded, and a warm edge serves from what it remembers', async () => {
  await stack.stopPresence();
  expect(await readHealth()).toEqual(DEGRADED);
  // Longer than rows count as fresh.
  for (const endAt = Date.now() + 2_500; Date.now() < endAt;) await expectAnswer(await ask(PARIS));
});

test('a cold edge finds homes through the areas, near and far, after the router and all it remembered ended', async () => {
  const before = home.lines.filter((line) => line.includes(' connected ')).length;
  await stack.network.restart();
  expect(await readHealth()).toEqual(DEGRADED);
  await until('the home is back', () => home.lines.filter((line) => line.includes(' connected ')).length > before);
  await until('a caller beside it is served', async () => (await ask(PARIS)).status === 200);
  await expectAnswer(await ask(PARIS));
  await expectAnswer(await ask('-33.9,151.2,AU'));
  const listed = (await (await stack.call('/v1/models', { key: account.apiKey })).json()) as { data: { id: string }[] };
  expect(listed.data.map((model) => model.id)).toContain('say-*');
});

test('when Redis is back, and empty, health is ok and the homes stand in it again', async () => {
  await stack.askPresence('FLUSHDB');
  await stack.startPresence();
  expect(await readHealth()).toEqual(OK);
  await until('the rows are written again', async () => ((await rowsInPresence()) as unknown[]).length > 0);
  await expectAnswer(await ask(PARIS));
});

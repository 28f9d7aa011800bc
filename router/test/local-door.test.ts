// The door that lets a request on the local network say where it comes from does not exist in the deployed configuration.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FinalFacts } from '../../schema/chunks.ts';
import { PLACE_HEADER } from '../routes/find-place.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const ROOT = resolve(import.meta.dirname, '../..');

let stack: Stack;
let models: ModelServer;
let account: TestAccount;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack({ localPlaces: false }), startModelServer()]);
  account = await stack.makeAccount();
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

test('as deployed, neither a home nor a caller can say where it is', async () => {
  const args = ['--backend', models.url, '--models', 'say-*', '--slots', '8'];
  const home = await stack.startAgent({ owner: account, args, place: '48.9,2.4,FR' });
  await stack.waitForModel(account, 'say-*');
  expect(home.lines.join('\n')).not.toContain('hub:weur');
  const body = { model: 'say-2x0', messages: [{ role: 'user', content: 'hi' }] };
  const response = await stack.call('/v1/chat/completions', { key: account.apiKey, body, place: '48.9,2.4,FR' });
  const { irori } = (await response.json()) as { irori: FinalFacts };
  expect(irori.country).toBe('XX');
});

test('the deployed configuration binds no LOCAL_PLACES', async () => {
  const config = await readFile(resolve(ROOT, 'wrangler.toml'), 'utf8');
  expect(config).not.toContain('LOCAL_PLACES');
  expect(config).not.toContain(PLACE_HEADER);
  const secrets = await readFile(resolve(ROOT, '.dev.vars.example'), 'utf8').catch(() => '');
  expect(secrets).not.toContain('LOCAL_PLACES');
});

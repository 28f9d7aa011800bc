import { expect, test } from 'vitest';
import { readEnv } from './env.ts';
import type { Env } from './env.ts';

const key = (digit: string): string => `0x${digit.repeat(64)}`;
const SECRET = 'sixteen letters at the least';
const whole = {
  ...Object.fromEntries(
    ['DB', 'AREA', 'HUB', 'ACCOUNT', 'NODE_ACCOUNT', 'PAYMENT', 'SETTLER'].map((name) => [name, {}] as const),
  ),
  ADMIN_SECRET: SECRET,
  KEY_HMAC_SECRET: SECRET,
  NODE_TOKEN_SECRET: SECRET,
  ROUTER_SIGNING_KEY: key('1'),
  UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1',
  UPSTASH_REDIS_REST_TOKEN: 'token',
  CHAIN_ID: '31337',
  VERIFYING_CONTRACT: '0x0000000000000000000000000000000000000001',
};
const chain = {
  ...whole,
  VERIFYING_CONTRACT: `0x${'c'.repeat(40)}`,
  CHAIN_RPC_URL: 'http://127.0.0.1:2',
  ROOT_SIGNING_KEY: key('2'),
  CHAIN_GAS_KEY: key('3'),
};
const read = (env: object): unknown => {
  const found = readEnv(env as unknown as Env);
  return found.ok ? 'whole' : found.error;
};

test('a router needs no chain, and the keys of one change nothing without it', () => {
  expect(read(whole)).toBe('whole');
  expect(read({ ...whole, ROOT_SIGNING_KEY: key('2') })).toBe('whole');
  expect(read(chain)).toBe('whole');
});

const remedy = 'set what npm run chain:deploy wrote, or leave CHAIN_RPC_URL out';

test.each([
  ['no root key', { ROOT_SIGNING_KEY: undefined }, `'ROOT_SIGNING_KEY' is missing beside CHAIN_RPC_URL: ${remedy}`],
  ['no gas key', { CHAIN_GAS_KEY: undefined }, `'CHAIN_GAS_KEY' is missing beside CHAIN_RPC_URL: ${remedy}`],
  [
    'one key for both',
    { CHAIN_GAS_KEY: key('2') },
    `'CHAIN_GAS_KEY' is ROOT_SIGNING_KEY too, and must be another key: ${remedy}`,
  ],
  [
    'no contract',
    { VERIFYING_CONTRACT: whole.VERIFYING_CONTRACT },
    `'VERIFYING_CONTRACT' names no contract beside CHAIN_RPC_URL: ${remedy}`,
  ],
])('half of a chain is refused, and says what to do: %s', (_, changed, said) => {
  expect(read({ ...chain, ...changed })).toBe(said);
});

test('what is missing, malformed or of no test network is named, and its value is not told', () => {
  expect(read({ ...whole, ADMIN_SECRET: 'short' })).toBe("'ADMIN_SECRET' is missing or malformed");
  expect(read({ ...whole, DB: undefined })).toBe("'DB' is missing or malformed");
  expect(read({ ...whole, CHAIN_ID: '1' })).toBe("'CHAIN_ID' is missing or malformed");
});

// An owner who restores an older state folder, or loses the chain's file, earns on after a start: the router tells where the receipts go on.
import { spawnSync } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

let stack: Stack;
let models: ModelServer;
let owner: TestAccount;
let agent: TestAgent;
let answered = 0;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack(), startModelServer()]);
  owner = await stack.makeAccount();
  agent = await stack.startAgent({ owner, args: ['--backend', models.url, '--models', 'say-*'] });
  await stack.waitForModel(owner, 'say-*');
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

interface Receipts {
  readonly accepted: number;
  readonly equivocations: number;
  readonly chain_breaks: number;
  readonly missing: number;
  readonly last_seq: string;
}

async function readReceipts(): Promise<Receipts> {
  const { data } = (await stack.admin('GET', '/nodes')).json as { data: { id: string }[] };
  return (await stack.admin('GET', `/nodes/${data[0]?.id}`)).json['receipts'] as Receipts;
}

/** Asks so often, and waits until the home's receipts are accepted. */
async function work(times: number): Promise<Receipts> {
  for (let i = 0; i < times; i++) {
    await until('an answer', async () => {
      const body = { model: 'say-2x0', messages: [{ role: 'user', content: 'hi' }] };
      return (await stack.call('/v1/chat/completions', { key: owner.apiKey, body })).ok;
    });
  }
  answered += times;
  await until('the receipts are accepted', async () => (await readReceipts()).accepted === answered);
  return readReceipts();
}

const receipts = (): string => join(agent.stateDir, 'receipts');

test('a restored folder and a lost chain sign no number twice, and the owner is told', async () => {
  await work(1);
  await agent.signal('SIGTERM');
  await cp(receipts(), `${receipts()}-copy`, { recursive: true });
  agent.start();
  // Another copy may have gone on from 1: each start leaves numbers out.
  const went = await work(3);
  expect(went).toMatchObject({ equivocations: 0, chain_breaks: 0, missing: 0 });
  expect(Number(went.last_seq)).toBeGreaterThan(1003);

  await agent.signal('SIGTERM');
  await rm(receipts(), { recursive: true });
  await cp(`${receipts()}-copy`, receipts(), { recursive: true });
  agent.start();
  const restored = await work(2);
  expect(restored).toMatchObject({ equivocations: 0, chain_breaks: 0, missing: 0 });
  expect(Number(restored.last_seq)).toBeGreaterThan(Number(went.last_seq) + 1000);
  const told = agent.lines.filter((line) => line.includes('the state folder is an older copy'));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(
    new RegExp(`here="?1"? router="?${went.last_seq}"? next="?${BigInt(restored.last_seq) - 1n}`),
  );
  await until('status tells it', () => {
    const { stdout } = spawnSync(process.execPath, [AGENT_MAIN, 'status', '--state', agent.stateDir], {
      encoding: 'utf8',
    });
    return /restored .* went on from number \d+; there is nothing to do/.test(stdout.replaceAll(/\s+/g, ' '));
  });

  await agent.signal('SIGTERM');
  await rm(receipts(), { recursive: true });
  agent.start();
  const lost = await work(2);
  expect(lost).toMatchObject({ equivocations: 0, chain_breaks: 0, missing: 0 });
  expect(Number(lost.last_seq)).toBeGreaterThan(Number(restored.last_seq) + 1000);
});

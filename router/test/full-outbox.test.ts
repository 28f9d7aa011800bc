// The callers of one home that owes the router receipts: it is busy, its model exists, and nothing they ask fails.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listModel } from './ask.ts';
import { RAW_DIGEST, RAW_MODEL, RawNode } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'bench/owing';

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let node: RawNode;

beforeAll(async () => {
  stack = await startStack({ timings: { turnWaitMs: 300 } });
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(10_000_000);
  node = await RawNode.join(stack, owner);
  await stack.waitForModel(owner, RAW_MODEL);
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST });
  node.onJob = (job) => void job.head().say(' one', 1).end(job.receipt());
});

afterAll(() => stack.stop());

const ask = (): Promise<Response> =>
  stack.call('/v1/chat/completions', {
    key: caller.apiKey,
    body: { model: MODEL, messages: [{ role: 'user', content: 'hello' }], max_tokens: 10 },
  });

/** As an agent does whose receipts nobody takes. */
function tell(paused: 'outbox' | null): void {
  const speeds = { promptTokensPerS: 1000, decodeTokensPerS: 100 };
  const model = { name: RAW_MODEL, digest: RAW_DIGEST, contextTokens: 100_000, quantisation: 'none', resume: 'none' };
  node.send('state', { models: [{ ...model, ...speeds }], slots: 4, paused });
}

test('while its outbox is full they hear 429 with Retry-After, its model is listed, and then they are answered', async () => {
  await until('an answer', async () => (await ask()).status === 200);
  tell('outbox');
  const busy = await until('a busy answer', async () => {
    const response = await ask();
    // Its state may be on its way still.
    return response.status === 200 ? null : response;
  });
  const { error } = (await busy.json()) as { error: { code: string } };
  expect([busy.status, error.code]).toEqual([429, 'all_homes_busy']);
  expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0);
  for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(429);
  const listed = (await (await stack.call('/v1/models', { key: caller.apiKey })).json()) as { data: { id: string }[] };
  expect(listed.data.map(({ id }) => id)).toContain(MODEL);
  tell(null);
  await until('an answer again', async () => (await ask()).status === 200);
});

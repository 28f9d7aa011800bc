// A receipt that an answer announces is there when it is asked for at once: 500 calls side by side, each followed by its receipt without a pause.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAll, askWhole, learnDigest, listModel } from './ask.ts';
import type { Irori } from './ask.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const CALLS = 500;
const MODEL = 'test/raced';
/** 500 at once on a busy machine are slow, and nothing here is about speed. */
const PATIENT = { headMs: 120_000, firstTokenMs: 120_000, endMs: 120_000 };
const WISH = { provider: { preferred_max_latency: 600, preferred_min_throughput: 0.001 } };

let stack: Stack;
let server: ModelServer;
let caller: TestAccount;

beforeAll(async () => {
  [stack, server] = await Promise.all([startStack({ timings: PATIENT }), startModelServer({ models: ['say-3x0'] })]);
  const owner = await stack.makeAccount();
  caller = await stack.makeAccount(100_000_000);
  const args = ['--models', 'say-3x0', '--backend', server.url, '--slots', String(CALLS / 2)];
  await Promise.all([0, 1].map(() => stack.startAgent({ owner, args, place: '48.9,2.4,FR' })));
  const digest = await learnDigest(stack, owner, 'say-3x0');
  await listModel(stack, { owner, id: MODEL, digest, homes: 2 });
});

afterAll(async () => {
  await stack?.stop();
  await server?.stop();
});

/** What a finished answer says of its job; null for a call that the busy network refused, which is asked again. */
async function call(isStreamed: boolean): Promise<Irori | null> {
  const job = { account: caller, model: MODEL, prompt: 'say-3x0', more: WISH };
  if (!isStreamed) return ((await askWhole(stack, job)).json['irori'] as Irori | undefined) ?? null;
  const answer = await askAll(stack, job).catch(() => null);
  return answer?.isDone ? answer.irori : null;
}

/** One call as its number says, streamed or not, and every status until its receipt comes: the first is what asking at once answers. */
async function callThenAsk(i: number): Promise<{ statuses: number[]; receipt: unknown; said: Irori }> {
  const said = await until('an answer', () => call(i % 2 === 0));
  const statuses: number[] = [];
  const receipt = await until(`the receipt of ${said.job}`, async () => {
    const response = await stack.call(`/v1/receipts/${said.job}`, { key: caller.apiKey });
    statuses.push(response.status);
    return ((await response.json()) as { data?: object[] }).data?.[0];
  });
  return { statuses, receipt, said };
}

test(`${CALLS} calls side by side, streamed and not, are never told that their receipt is not there`, async () => {
  const asked = await Promise.all(Array.from({ length: CALLS }, (_, i) => callThenAsk(i)));
  expect(asked.filter(({ statuses }) => statuses.includes(404))).toEqual([]);
  for (const { receipt, said } of asked)
    expect(receipt).toMatchObject({
      id: said.receipt,
      job: said.job,
      outcome: 'complete',
      charge_micro: said.charge_micro,
    });
  expect(new Set(asked.map(({ said }) => said.receipt)).size).toBe(CALLS);
});

// Credit is held before a home is asked: an account can never spend more than it has, however many calls come at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Answer, listModel, send } from './ask.ts';
import { Books, movedBy, NOTHING_MOVED, POLL, readUsage } from './books.ts';
import { RawNode, RAW_DIGEST, RAW_MODEL } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/raw';
const CALLS = 12;
/** 11 bytes of prompt and 16 tokens of template at one unit, ten tokens of answer at two. */
const HOLD = 27 + 20;

let stack: Stack;
let owner: TestAccount;
let node: RawNode;

beforeAll(async () => {
  stack = await startStack();
  owner = await stack.makeAccount();
  node = await RawNode.join(stack, owner);
  await stack.waitForModel(owner, RAW_MODEL);
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST });
});

afterAll(async () => stack.stop());

interface Rush {
  readonly caller: TestAccount;
  readonly books: Books;
  /** The one call that was admitted, and its job at the home, three tokens in. */
  readonly answer: Answer;
  readonly controller: AbortController;
  readonly job: RawJob;
  readonly refused: number[];
}

/** Twelve calls at once by a new account that can pay for one. */
async function rush(): Promise<Rush> {
  const caller = await stack.makeAccount(HOLD);
  const books = new Books(stack, { caller, owner, granted: HOLD });
  await books.start();
  const jobs: RawJob[] = [];
  node.onJob = (job) => void jobs.push(job.head().say(' one two three', 3));
  const controllers = Array.from({ length: CALLS }, () => new AbortController());
  const responses = await Promise.all(controllers.map(({ signal }) => call(caller, signal)));
  const at = responses.findIndex(({ status }) => status === 200);
  const refused = responses.filter((_, i) => i !== at);
  const codes = await Promise.all(
    refused.map(async (response) => ((await response.json()) as { error: { code: string } }).error.code),
  );
  expect(new Set(codes)).toEqual(new Set(['insufficient_credit']));
  expect(jobs).toHaveLength(1);
  expect(await readUsage(stack, caller)).toMatchObject({ balance_micro: HOLD, held_micro: HOLD });
  const controller = controllers[at]!;
  const answer = new Answer(responses[at]!, controller);
  return { caller, books, answer, controller, job: jobs[0]!, refused: refused.map(({ status }) => status) };
}

function call(account: TestAccount, signal?: AbortSignal): Promise<Response> {
  const options = { account, model: MODEL, prompt: 'hello there', maxTokens: 10, stream: true };
  return send(stack, { ...options, ...(signal ? { signal } : {}) });
}

async function expectFree(caller: TestAccount): Promise<void> {
  await expect.poll(async () => (await readUsage(stack, caller)).held_micro, POLL).toBe(0);
}

describe('of twelve calls at once with credit for one, one is admitted', () => {
  test('and when it is complete no credit is held, and what is left does not pay for another', async () => {
    const { caller, books, answer, job, refused } = await rush();
    expect(refused).toEqual(Array.from({ length: CALLS - 1 }, () => 402));
    job.end(job.receipt());
    await answer.read();
    expect(answer).toMatchObject({ isDone: true, usage: { prompt_tokens: 7, completion_tokens: 3 } });
    expect(await books.faultsAfter(movedBy(7 + 6))).toEqual([]);
    const again = await call(caller);
    expect([again.status, ((await again.json()) as { error: { message: string } }).error.message]).toEqual([
      402,
      expect.stringContaining(`${HOLD - 13} micro-credits available`),
    ]);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('and when its caller leaves no credit is held', async () => {
    const { caller, books, answer, job } = await rush();
    await answer.read(({ text }) => text !== '');
    await answer.leave();
    await until('the cancel', () =>
      node.heard.some(({ name, job: number }) => name === 'cancel' && number === job.number),
    );
    job.end(job.receipt({ finish: 2 }));
    await expectFree(caller);
    expect(await books.faultsAfter(movedBy(7 + 6))).toEqual([]);
  });

  test('and when its home does not answer the cancel no credit is held either: the prompt of nobody’s count is free', async () => {
    const { caller, books, answer } = await rush();
    await answer.read(({ text }) => text !== '');
    await answer.leave();
    await expectFree(caller);
    // Nothing proves the home's part, so its earnings stay with the fees until it offers a receipt.
    expect(await books.faultsAfter({ caller: -6, owner: 0, fees: 6 })).toEqual([]);
  });

  test('and when its home dies no credit is held, and the same credit pays for the next', async () => {
    const { caller, books, answer } = await rush();
    await answer.read(({ text }) => text !== '');
    await node.close();
    await answer.read();
    expect(answer).toMatchObject({ isDone: false, error: { code: 'home_failed' } });
    await expectFree(caller);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
    await node.connect();
    await stack.waitForModel(owner, MODEL);
    node.onJob = (job) => void job.head().say(' ok', 1).end(job.receipt());
    const next = await until('the next call', async () => {
      const response = await call(caller);
      return response.status === 200 ? response : void (await response.text());
    });
    await new Answer(next, new AbortController()).read();
    expect(await books.faultsAfter(movedBy(7 + 2))).toEqual([]);
  });
});

test('a key that is revoked holds nothing from that moment on', async () => {
  const caller = await stack.makeAccount(HOLD);
  expect((await stack.admin('DELETE', `/keys/${caller.keyId}`)).status).toBe(200);
  const response = await call(caller);
  expect(response.status).toBe(401);
  const usage = await stack.admin('GET', `/accounts/${caller.id}`);
  expect(usage.json).toMatchObject({ balance_micro: HOLD, held_micro: 0 });
});

// Homes that claim more than they did: the router's count stands, the caller is charged by it, and nothing is paid twice.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UsageReceipt } from '../../schema/receipt.ts';
import { askAll, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED } from './books.ts';
import { RawNode, RAW_DIGEST, RAW_MODEL } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import type { Signed } from './seal-chain.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';

const MODEL = 'test/raw';
const GRANTED = 10_000_000;

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let books: Books;
let node: RawNode;

beforeAll(async () => {
  stack = await startStack();
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  node = await RawNode.join(stack, owner);
  await stack.waitForModel(owner, RAW_MODEL);
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});

afterAll(async () => stack.stop());

/** One call that the node answers with ten words, and what the node signs for it. */
async function callOnce(
  sign: (job: RawJob) => Signed,
  maxTokens = 100,
): Promise<{ answer: Answer; job: RawJob; signed: Signed }> {
  let taken: { job: RawJob; signed: Signed } | null = null;
  node.onJob = (job) => {
    job.head();
    for (let i = 0; i < 10; i++) job.say(` word${i}`, 1);
    taken = { job, signed: job.end(sign(job)) };
  };
  const answer = await askAll(stack, { account: caller, model: MODEL, prompt: 'hello there', maxTokens });
  expect(answer).toMatchObject({ isDone: true, tokens: 10 });
  if (!taken) throw new Error('the node got no job');
  return { answer, ...(taken as { job: RawJob; signed: Signed }) };
}

async function readReceipt(answer: Answer): Promise<Record<string, any>> {
  const response = await stack.call(`/v1/receipts/${answer.job}`, { key: caller.apiKey });
  return ((await response.json()) as { data: Record<string, any>[] }).data[0]!;
}

describe('counts within the tolerance', () => {
  test('the lower one is paid: a home that counts two more gets the router’s count, and no difference is recorded', async () => {
    const { answer } = await callOnce((job) => job.receipt({ outputTokens: 12 }));
    expect(answer.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 10 });
    expect(await books.faultsAfter(movedBy(7 + 20))).toEqual([]);
    expect(await readReceipt(answer)).toMatchObject({ difference: null, acceptance: { outputTokens: 10, status: 1 } });
  });

  test('the lower one is paid: a home that counts two fewer gets its own count', async () => {
    const { answer } = await callOnce((job) => job.receipt({ outputTokens: 8 }));
    expect(answer.usage).toMatchObject({ completion_tokens: 8 });
    expect(await books.faultsAfter(movedBy(7 + 16))).toEqual([]);
    expect(await readReceipt(answer)).toMatchObject({ difference: null, acceptance: { outputTokens: 8, status: 0 } });
  });
});

describe('counts beyond the tolerance', () => {
  test('the router’s count of the frames stands against a receipt that claims more, and the difference is recorded', async () => {
    const { answer } = await callOnce((job) => job.receipt({ outputTokens: 90 }));
    expect(answer.usage).toMatchObject({ completion_tokens: 10 });
    expect(await books.faultsAfter(movedBy(7 + 20))).toEqual([]);
    expect(await readReceipt(answer)).toMatchObject({
      difference: { promptTokens: 7, outputTokens: 90 },
      receipt: { outputTokens: 90 },
      acceptance: { outputTokens: 10, amount: '25', status: 1 },
    });
  });

  test('frames that claim more tokens than their text has bytes are counted by their bytes', async () => {
    let job: RawJob | null = null;
    node.onJob = (one) => {
      job = one.head().say('abcd', 50);
      one.end(one.receipt());
    };
    const answer = await askAll(stack, { account: caller, model: MODEL, prompt: 'hello', maxTokens: 60 });
    expect(job).not.toBeNull();
    expect(answer.usage).toMatchObject({ completion_tokens: 4 });
    expect(await books.faultsAfter(movedBy(7 + 8))).toEqual([]);
    expect((await readReceipt(answer))['difference']).toEqual({ promptTokens: 7, outputTokens: 50 });
  });

  test('a prompt is believed up to what its bytes can hold', async () => {
    const { answer } = await callOnce((job) => job.receipt({ promptTokens: job.frame.ticket.maxPromptTokens }));
    // 11 bytes, and 8 tokens of a template around the message and around the whole.
    expect(answer.usage).toMatchObject({ prompt_tokens: 27 });
    expect(await books.faultsAfter(movedBy(27 + 20))).toEqual([]);
  });

  test('a home cannot make a caller pay for more than max_tokens', async () => {
    node.onJob = (job) => {
      job.head();
      for (let i = 0; i < 30; i++) job.say(` word${i}`, 1);
      job.end(job.receipt({ outputTokens: 20 }));
    };
    const answer = await askAll(stack, { account: caller, model: MODEL, prompt: 'hello there', maxTokens: 20 });
    expect(answer.usage).toMatchObject({ completion_tokens: 20 });
    expect(await books.faultsAfter(movedBy(7 + 40))).toEqual([]);
  });
});

describe('a receipt that proves nothing is not paid, and the caller is charged by the router’s count', () => {
  const charge = 20;

  test.each<[string, (job: RawJob) => Signed]>([
    ['over the ticket’s output limit', (job) => job.receipt({ outputTokens: 101 })],
    ['over the ticket’s prompt limit', (job) => job.receipt({ promptTokens: 28 })],
    ['of another answer', (job) => job.receipt({ responseHash: `0x${'11'.repeat(32)}` })],
    ['of another ticket', (job) => job.receipt({ ticketHash: `0x${'22'.repeat(32)}` })],
    ['of another node', (job) => job.receipt({ node: `0x${'33'.repeat(20)}` })],
    [
      'with the signature of something else',
      (job) => {
        const signed = job.receipt();
        return { ...signed, signature: node.sign({ ...signed.receipt, durationMs: 9 }).signature };
      },
    ],
  ])('%s', async (_title, sign) => {
    const { answer, job, signed } = await callOnce(sign);
    const prompt = answer.usage!.prompt_tokens;
    expect(answer.usage).toMatchObject({ completion_tokens: 10 });
    expect(await books.faultsAfter({ caller: -(prompt + charge), owner: 0, fees: prompt + charge })).toEqual([]);
    expect(await findReceiptRows(stack, answer.job)).toMatchObject([
      { outcome: 'complete', earn: 0, charge: prompt + charge },
    ]);
    // Offered again it is refused for good, and still nothing is paid.
    expect(await node.offerLate(job, signed)).toMatchObject({ acceptance: null, reason: expect.any(String) });
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });
});

describe('a receipt is paid once', () => {
  test('offered again, it gets the acceptance it had', async () => {
    const { job, signed } = await callOnce((one) => one.receipt());
    expect(await books.faultsAfter(movedBy(27))).toEqual([]);
    const first = await node.waitAccepted(job);
    expect(first.acceptance).toMatchObject({ amount: 25n });
    expect(await node.offerLate(job, signed)).toEqual(first);
    await node.close();
    await node.connect();
    expect(await node.offerLate(job, signed)).toEqual(first);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('another receipt for a paid ticket is refused for good, the same one gets its acceptance again', async () => {
    await stack.waitForModel(caller, MODEL);
    const { job } = await callOnce((one) => one.receipt());
    expect(await books.faultsAfter(movedBy(27))).toEqual([]);
    const first = await node.waitAccepted(job);
    expect(await node.offerLate(job, job.receipt({ outputTokens: 11 }))).toMatchObject({
      acceptance: null,
      reason: expect.stringContaining('another receipt'),
    });
    expect(first.acceptance?.amount).toBe(25n);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('a number that was used before is never paid', async () => {
    const used: UsageReceipt[] = [];
    await callOnce((one) => {
      const signed = one.receipt();
      used.push(signed.receipt);
      return signed;
    });
    expect(await books.faultsAfter(movedBy(27))).toEqual([]);
    const { answer } = await callOnce((one) => one.receipt({ seq: used[0]!.seq }));
    expect(await books.faultsAfter({ caller: -27, owner: 0, fees: 27 })).toEqual([]);
    expect(await readReceipt(answer)).toMatchObject({ acceptance: { amount: '0', status: 2 } });
    node.seq = used[0]!.seq;
  });

  test('the acceptances count on: their number and their sum are of all that was paid', async () => {
    const one = await callOnce((job) => job.receipt());
    expect(await books.faultsAfter(movedBy(27))).toEqual([]);
    const two = await callOnce((job) => job.receipt());
    expect(await books.faultsAfter(movedBy(27))).toEqual([]);
    const [before, after] = [await node.waitAccepted(one.job), await node.waitAccepted(two.job)];
    expect(after.acceptance!.count - before.acceptance!.count).toBe(1n);
    expect(after.acceptance!.cumulativeAmount - before.acceptance!.cumulativeAmount).toBe(25n);
  });

  test('a ticket that this router did not sign is refused', async () => {
    const { job } = await callOnce((one) => one.receipt());
    expect(await books.faultsAfter(movedBy(27))).toEqual([]);
    const foreign = structuredClone(job.frame.ticket);
    const forged = { ...foreign, priceOut: 1_000_000_000n };
    const late = Object.assign(Object.create(Object.getPrototypeOf(job)) as RawJob, {
      frame: { ...job.frame, ticket: forged },
      ticketSignature: job.ticketSignature,
      ticketHash: node.signer.hash((await import('../../schema/receipt.ts')).JOB_TICKET, forged),
    });
    const signed = node.sign({ ...job.receipt().receipt, ticketHash: late.ticketHash, seq: 999n });
    expect(await node.offerLate(late, signed)).toMatchObject({
      acceptance: null,
      reason: expect.stringMatching(/router/),
    });
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });
});

// What holds where a home and the router do not agree, a case each, through the real network: who is paid, who is charged, and what proves it.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromHex } from '../../schema/bytes.ts';
import { FINISH, JOB_TICKET } from '../../schema/receipt.ts';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { ask, askAll, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { RAW_DIGEST, RAW_MODEL, RawJob, RawNode } from './raw-node.ts';
import type { Signed } from './seal-chain.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/raw';
const GRANTED = 10_000_000;
const ROUTER_SIGNING_KEY = `0x${randomBytes(32).toString('hex')}` as const;
const DAY_MS = 86_400_000;
/** The prompt is 7 tokens at one unit, each word of an answer a token at two. */
const priceOf = (words: number): number => 7 + 2 * words;

let stack: Stack;
let models: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let books: Books;
let node: RawNode;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack({ bindings: { ROUTER_SIGNING_KEY } }), startModelServer()]);
  [owner, caller] = [await stack.makeAccount(), await stack.makeAccount(GRANTED)];
  node = await RawNode.join(stack, owner);
  await stack.waitForModel(owner, RAW_MODEL);
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

/** Where no receipt tells the prompt's tokens the router bounds them itself. */
const chargeOf = ({ usage }: Answer, words: number): number => (usage?.prompt_tokens ?? 0) + 2 * words;

interface Done {
  readonly answer: Answer;
  readonly job: RawJob;
  readonly signed: Signed;
}

/** One call that the node answers with so many words, and what the node signs for it. */
async function callOnce(sign: (job: RawJob) => Signed, words = 10): Promise<Done> {
  const taken: { job: RawJob; signed: Signed }[] = [];
  node.onJob = (job) => {
    job.head();
    for (let i = 0; i < words; i++) job.say(` word${i}`, 1);
    taken.push({ job, signed: job.end(sign(job)) });
  };
  const answer = await askAll(stack, { account: caller, model: MODEL, prompt: 'hello there', maxTokens: 1000 });
  expect(answer).toMatchObject({ isDone: true, tokens: words });
  return { answer, ...taken[0]! };
}

async function readReceipts({ job }: Answer): Promise<Record<string, any>[]> {
  const response = await stack.call(`/v1/receipts/${job}`, { key: caller.apiKey });
  return ((await response.json()) as { data: Record<string, any>[] }).data;
}

describe('counts that differ by max(2 tokens, 1 %) at most: the lower one is paid', () => {
  test.each([
    ['two more of ten', 10, 12, 10],
    ['two fewer of ten', 10, 8, 8],
    ['3 of 300', 300, 303, 300],
  ])('%s', async (_title, words, outputTokens, paid) => {
    const { answer } = await callOnce((job) => job.receipt({ outputTokens }), words);
    expect(await books.faultsAfter(movedBy(priceOf(paid)))).toEqual([]);
    expect((await readReceipts(answer))[0]).toMatchObject({ difference: null, acceptance: { outputTokens: paid } });
  });
});

test('a home claims more than that: the router’s count is paid now, and the claim stands beside it as signed', async () => {
  const { answer } = await callOnce((job) => job.receipt({ outputTokens: 90 }));
  expect(await books.faultsAfter(movedBy(priceOf(10)))).toEqual([]);
  expect((await readReceipts(answer))[0]).toMatchObject({
    difference: { promptTokens: 7, outputTokens: 90 },
    receipt: { outputTokens: 90 },
    acceptance: { outputTokens: 10, status: 1 },
  });
});

describe('a home claims what its ticket does not allow: refused for good, whoever looks at both sees why', () => {
  test('more than maxOutputTokens', async () => {
    const { answer, job, signed } = await callOnce((one) => one.receipt({ outputTokens: 1001 }));
    const charge = chargeOf(answer, 10);
    expect(await books.faultsAfter({ caller: -charge, owner: 0, fees: charge })).toEqual([]);
    expect(await node.offerLate(job, signed)).toMatchObject({ acceptance: null, reason: expect.any(String) });
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('after its expiry and the day that late receipts have', async () => {
    const { job } = await callOnce((one) => one.receipt());
    expect(await books.faultsAfter(movedBy(priceOf(10)))).toEqual([]);
    // A ticket of the router's own, as it gave one long ago.
    const ticket = { ...job.frame.ticket, part: 7, expiresAtMs: BigInt(Date.now() - DAY_MS - 60_000) };
    const late = new RawJob(node, 0, { ...job.frame, ticket });
    late.ticketSignature = node.signer.sign(JOB_TICKET, ticket, fromHex(ROUTER_SIGNING_KEY));
    expect(await node.offerLate(late, late.receipt())).toMatchObject({
      acceptance: null,
      reason: expect.stringContaining('24 h after its ticket expired'),
    });
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });
});

test('the response hash differs and the counts agree: no pay; the caller read what the router hashed, and pays that', async () => {
  const { answer, job, signed } = await callOnce((one) => one.receipt({ responseHash: `0x${'11'.repeat(32)}` }));
  const charge = chargeOf(answer, 10);
  expect(await books.faultsAfter({ caller: -charge, owner: 0, fees: charge })).toEqual([]);
  expect(await node.offerLate(job, signed)).toMatchObject({ acceptance: null, reason: expect.any(String) });
  expect(await findReceiptRows(stack, answer.job)).toMatchObject([{ earn: 0, charge }]);
  const { json } = await stack.admin('GET', `/nodes/${node.id}`);
  expect((json['receipts'] as { refused: number }).refused).toBeGreaterThan(0);
});

test('the caller hangs up: finish is cancelled, and the tokens relayed so far are paid and charged alike', async () => {
  const cancelled = Promise.withResolvers<RawJob>();
  node.onJob = (job) => {
    job.head();
    for (let i = 0; i < 4; i++) job.say(` word${i}`, 1);
    const look = setInterval(() => {
      if (!node.heard.some(({ name, job: number }) => name === 'cancel' && number === job.number)) return;
      clearInterval(look);
      job.end(job.receipt({ finish: FINISH.cancelled }));
      cancelled.resolve(job);
    }, 10);
  };
  const answer = await ask(stack, { account: caller, model: MODEL, prompt: 'hello there', maxTokens: 100 });
  await answer.read(({ tokens }) => tokens === 4);
  await answer.leave();
  const job = await cancelled.promise;
  expect(await books.faultsAfter(movedBy(priceOf(4)))).toEqual([]);
  expect((await readReceipts(answer))[0]).toMatchObject({
    outcome: 'cancelled',
    receipt: { finish: FINISH.cancelled },
  });
  expect((await node.waitAccepted(job)).acceptance).toMatchObject({ outputTokens: 4 });
});

test('the router is silent after a receipt: the home has ticket and receipt, offers them on, and is paid once', async () => {
  if (!node.isOpen) await node.connect();
  await stack.waitForModel(caller, MODEL);
  const taken: { job: RawJob; signed: Signed }[] = [];
  node.onJob = (job) => {
    const signed = job.head().say(' word', 1).receipt();
    job.endBare(signed.receipt);
    taken.push({ job, signed });
  };
  const answer = await askAll(stack, { account: caller, model: MODEL, prompt: 'hello there', maxTokens: 100 });
  const [{ job, signed }] = taken as [(typeof taken)[number]];
  node.sendReceipts([{ job, signed }]);
  // Whether it heard of it or not nobody knows.
  await stack.network.restart();
  await until('the close', () => !node.isOpen);
  await node.connect();
  const first = await node.offerLate(job, signed);
  expect(first.acceptance).toMatchObject({ amount: BigInt(movedBy(priceOf(1)).owner) });
  expect(await node.offerLate(job, signed)).toEqual(first);
  expect(await books.faultsAfter(movedBy(priceOf(1)))).toEqual([]);
  expect(answer.isDone).toBe(true);
});

test('a home vanishes in mid-stream: it earns nothing until it receipts what was relayed, and then that', async () => {
  const other = await RawNode.join(stack, owner);
  for (const one of [node, other]) one.sendState(32, [{ resume: 'text' }]);
  await stack.waitForModel(caller, MODEL, 2);
  const lost: { home: RawNode; job: RawJob; signed: Signed }[] = [];
  const begin = (home: RawNode) => (job: RawJob) => {
    job.head();
    for (let i = 0; i < 5; i++) job.say(` word${i}`, 1);
    if (lost.length > 0) return void job.end(job.receipt());
    // It has signed, and its word does not come through any more.
    lost.push({ home, job, signed: job.receipt() });
    setTimeout(() => void home.close(), 100);
  };
  [node.onJob, other.onJob] = [begin(node), begin(other)];
  const answer = await askAll(stack, { account: caller, model: MODEL, prompt: 'hello there', maxTokens: 100 });
  expect(answer).toMatchObject({ isDone: true, tokens: 10, irori: { attempts: 2 } });
  const rows = await until('both parts', async () => {
    const found = await findReceiptRows(stack, answer.job);
    return found.length === 2 ? found : null;
  });
  expect(rows[0]).toMatchObject({ outcome: 'interrupted-by-node', earn: 0 });
  const [{ home, job, signed }] = lost as [(typeof lost)[number]];
  await home.connect();
  expect(await home.offerLate(job, signed)).toMatchObject({ acceptance: { outputTokens: 5 } });
  await until('its pay', async () => ((await findReceiptRows(stack, answer.job))[0]?.earn ?? 0) > 0);
  await other.close();
  if (home === other) other.onJob = () => undefined;
});

test('the router signs two different totals for one count: the home keeps both, and anyone can check them without the network', async () => {
  await node.close();
  const agent = await stack.startAgent({ owner, args: ['--backend', models.url, '--models', 'say-8x0'] });
  await learnDigest(stack, owner, 'say-8x0');
  const [state, copy] = [join(stack.folder, 'router'), join(stack.folder, 'older')];
  const readStatus = async (): Promise<Record<string, any>> =>
    JSON.parse(await readFile(join(agent.stateDir, 'status.json'), 'utf8')) as Record<string, any>;
  const countAccepted = async (): Promise<number> => Number((await readStatus())['acceptedReceipts']);
  const isAnswered = async (least: number): Promise<boolean> =>
    (await readStatus())['outbox'] === 0 && (await countAccepted()) >= least;
  /** One job, and its receipt is accepted. */
  const work = async (prompt: string): Promise<void> => {
    const before = Number((await readStatus())['sealedReceipts'].receipt);
    await until('an answer', () => askAll(stack, { account: owner, model: 'say-8x0', prompt }).catch(() => null));
    await until('its receipt', async () => Number((await readStatus())['sealedReceipts'].receipt) > before);
  };
  /** Both go down, the router's state becomes what it is told, and both come back, the home as eager as at its first start. */
  const restart = async (change: () => Promise<void>): Promise<void> => {
    await agent.signal('SIGTERM');
    await stack.network.killWorkerd();
    await change();
    await stack.network.restart();
    agent.start();
    await stack.waitForModel(owner, 'say-8x0');
  };
  await until('the first acceptance', () => isAnswered(1));
  const first = await countAccepted();
  await restart(() => cp(state, copy, { recursive: true }));
  await work('say-2x0');
  await until('its acceptance', () => isAnswered(first + 1));
  // The operator puts an older copy back, and the router goes on from there: it signs the second total again, over another receipt.
  await restart(async () => {
    await rm(state, { recursive: true });
    await cp(copy, state, { recursive: true });
  });
  await work('say-3x0');
  const evidence = await until('the evidence', async () => {
    const found = (await readStatus())['evidence'] as { of: string; signer: string }[];
    return found.length > 0 ? found : null;
  });
  expect(agent.lines.join('\n')).toContain('cannot both hold');
  const file = join(stack.folder, 'evidence.json');
  await writeFile(file, JSON.stringify(evidence));
  const { status, stdout } = spawnSync(process.execPath, [AGENT_MAIN, 'verify', file], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([
    3,
    expect.stringMatching(/^EQUIVOCATION {2}0x[0-9a-f]{40} has signed two\s+different /),
  ]);
  expect(stdout).toContain(evidence[0]!.signer);
});

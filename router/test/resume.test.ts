// An answer that outlives its home, with the built-in model: whatever takes the home away, the caller reads what an undisturbed home would
// have written, in the same response, to the byte; and the books tell who gave which part of it.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { askOnline, askWhole } from './ask.ts';
import type { Answer } from './ask.ts';
import { Books, findReceiptRows, isLedgerSound, movedBy, NOTHING_MOVED, POLL, readBooks } from './books.ts';
import { giveBack, giveBackAll, lose, readStatus, startHomes, tellAgent } from './homes.ts';
import type { Home } from './homes.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/nano';
const CUTTING_MS = 300_000;
const CUTS = 100;
const GRANTED = 1_000_000_000;
const PARIS = '48.9,2.4,FR';
const ARGS = ['--pace', '20', '--slots', '32', '--window', '40'];
const CITIES = [PARIS, '40.7,-74,US', '35.7,139.7,JP'];

/** What is asked, and how: three temperatures, and one so hot that characters of several bytes and broken ones come by. */
const QUESTIONS = [
  { prompt: 'Tell me a story about a fox named Ada.', more: { temperature: 0 } },
  { prompt: 'Tell me a story about a bear named Tess.', more: { temperature: 0.7, top_p: 0.95, seed: 7 } },
  { prompt: 'Tell me a story about an owl named Ivo.', more: { temperature: 1, seed: 8 } },
  {
    prompt: 'Name some fruits: 林檎, пломба, naïve?',
    more: { temperature: 2, seed: 12, frequency_penalty: 2, presence_penalty: 2 },
    maxTokens: 90,
  },
] as const;
/** Longer than a planned stop waits for its jobs. */
const LONG = {
  prompt: 'Tell me a story about a fox named Ada.',
  more: { temperature: 0.7, seed: 5, frequency_penalty: -2, presence_penalty: -2 },
  maxTokens: 200,
} as const;

interface Undisturbed {
  readonly text: string;
  readonly finish: string;
  readonly tokens: number;
  readonly charge: number;
}

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let books: Books;
let homes: Home[];
const undisturbed: Undisturbed[] = [];

beforeAll(async () => {
  // A hub of a busy machine is not lost for being slow: what it counted would be unknown, and what is told of the charge too low.
  stack = await startStack({ timings: { hubGraceMs: 30_000 } });
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  books = new Books(stack, { caller, owner, granted: GRANTED });
  const free = (await stack.admin('GET', '/models/nano-demo')).json;
  const { digests, context_tokens, max_output_tokens, tokenizer } = free;
  const priced = { digests, context_tokens, max_output_tokens, tokenizer, price_in: 1_000_000, price_out: 2_000_000 };
  await stack.admin('PUT', `/models/${MODEL}`, priced);
  const [alone] = await startHomes(stack, owner, [{ place: PARIS, args: ['--slots', '4'] }]);
  await stack.waitForModel(caller, MODEL);
  for (const question of [...QUESTIONS, LONG]) {
    const answer = await (await askOnline(stack, job(question))).read();
    if (!answer.isDone || answer.irori.attempts !== 1) throw new Error('no undisturbed answer');
    const { text, finish, usage, irori } = answer;
    undisturbed.push({ text, finish: finish!, tokens: usage!.completion_tokens, charge: irori.charge_micro! });
  }
  await alone!.agent.signal('SIGTERM');
  homes = await startHomes(
    stack,
    owner,
    CITIES.map((place) => ({ place, args: ARGS })),
  );
  await stack.waitForModel(caller, MODEL, homes.length);
  await books.start();
});

afterAll(() => stack?.stop());
afterEach(giveBackAll);

function job(question: (typeof QUESTIONS)[number] | typeof LONG, more: Record<string, unknown> = {}) {
  const { prompt, more: sampling } = question;
  const maxTokens = 'maxTokens' in question ? question.maxTokens : 120;
  return { account: caller, model: MODEL, prompt, maxTokens, place: PARIS, more: { ...sampling, ...more } };
}

function homeOf(node: string): Home {
  return homes.find((home) => home.node === node)!;
}

/** The receipts of a job through the API, once all are there and accepted. */
async function readReceipts(jobId: string, parts: number, isAccepted = true): Promise<Record<string, any>[]> {
  return until(`${parts} receipts`, async () => {
    const response = await stack.call(`/v1/receipts/${jobId}`, { key: caller.apiKey });
    const { data = [] } = (await response.json()) as { data?: Record<string, any>[] };
    return data.length === parts && (!isAccepted || data.every((one) => one['acceptance'])) ? data : null;
  });
}

/** The undisturbed answer, for what it costs undisturbed. */
function expectWhole(answer: Answer, at: number): void {
  const { text, finish, tokens, charge } = undisturbed[at]!;
  expect(answer).toMatchObject({ text, finish, isDone: true, error: null, irori: { charge_micro: charge } });
  expect(answer.usage?.completion_tokens).toBe(tokens);
}

function expectWholeJson(json: Record<string, any>, at: number): void {
  const { text, tokens, charge } = undisturbed[at]!;
  expect(json).toMatchObject({ usage: { completion_tokens: tokens }, irori: { charge_micro: charge } });
  expect(json['choices'][0].message.content).toBe(text);
}

/** What the parts of a job have moved by the book, once its last part is paid. */
async function movedOf(jobId: string, parts: number): Promise<{ caller: number; owner: number; fees: number }> {
  const rows = await until(`${parts} rows`, async () => {
    const found = await findReceiptRows(stack, jobId);
    return found.length === parts && found.at(-1)!.earn > 0 ? found : null;
  });
  const charge = rows.reduce((sum, row) => sum + row.charge, 0);
  const earn = rows.reduce((sum, row) => sum + row.earn, 0);
  return { caller: 0 - charge, owner: earn, fees: charge - earn };
}

/** What a home moves that signs for its part of an answer after the part was settled without it. */
function paidLate(receipt: Record<string, any>): { caller: number; owner: number; fees: number } {
  const owner = movedBy(receipt['charge_micro']).owner;
  return { caller: 0, owner, fees: 0 - owner };
}

/** The books from here on: what homes of earlier tests still sign for is waited for. */
async function startBooks(): Promise<void> {
  for (let [before, same] = [NaN, 0]; same < 8; await sleep(500)) {
    const earned = (await readBooks(stack))[`owner:${owner.id}`] ?? 0;
    same = earned === before ? same + 1 : 0;
    before = earned;
  }
  await books.start();
}

async function countRunning(home: Home): Promise<number> {
  return Number((await readStatus(home))?.['running'] ?? 0);
}

function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}

describe.each(['kill', 'freeze', 'pause'] as const)('a home that is lost by %s', (loss) => {
  test('in the middle of four streams and four whole answers: others go on with each, exactly', async () => {
    const streams = await Promise.all(QUESTIONS.map((question) => askOnline(stack, job(question))));
    const wholes = QUESTIONS.map((question) => askWhole(stack, job(question)));
    await Promise.all(streams.map((answer) => answer.read(({ contentEvents }) => contentEvents >= 8)));
    const lost = homeOf(streams[0]!.irori.node);
    const broken = streams.filter(({ irori }) => irori.node === lost.node);
    await lose(stack, lost, loss);
    await Promise.all(streams.map((answer) => answer.read()));
    for (const [at, answer] of streams.entries()) expectWhole(answer, at);
    // Some may have been at their end.
    const carried = broken.filter(({ irori }) => irori.attempts > 1);
    expect(carried.length).toBeGreaterThan(0);
    for (const answer of carried) {
      expect(answer.irori).toMatchObject({ resumed: 'exact', attempts: 2 });
      expect(answer.irori.node).not.toBe(lost.node);
    }
    for (const [at, whole] of (await Promise.all(wholes)).entries()) expectWholeJson(whole.json, at);
    await giveBack(lost, loss);
    await expect.poll(() => isLedgerSound(stack), POLL).toBe(true);
  });
});

test('a planned stop hands over what cannot end in time', async () => {
  const answer = await askOnline(stack, job(LONG));
  await answer.read(({ contentEvents }) => contentEvents >= 8);
  const lost = homeOf(answer.irori.node);
  await lose(stack, lost, 'stop');
  expectWhole(await answer.read(), QUESTIONS.length);
  expect(answer.irori).toMatchObject({ resumed: 'exact', attempts: 2 });
  await giveBack(lost, 'stop');
});

test('a hub that is reset in the middle of four streams takes nothing from them, and nobody pays more', async () => {
  const streams = await Promise.all(QUESTIONS.map((question) => askOnline(stack, job(question))));
  await Promise.all(streams.map((answer) => answer.read(({ contentEvents }) => contentEvents >= 8)));
  const lost = homeOf(streams[0]!.irori.node);
  await lose(stack, lost, 'reset');
  await Promise.all(streams.map((answer) => answer.read()));
  for (const [at, answer] of streams.entries()) {
    const { text, tokens, charge } = undisturbed[at]!;
    expect(answer).toMatchObject({ text, isDone: true, error: null, usage: { completion_tokens: tokens } });
    expect(answer.irori.charge_micro).toBeLessThanOrEqual(charge);
  }
  await giveBack(lost, 'reset');
  await expect.poll(() => isLedgerSound(stack), POLL).toBe(true);
});

test('a hundred cuts at random places leave no seam', async () => {
  const STREAMS = 24;
  const untilAt = Date.now() + CUTTING_MS;
  let resumed = 0;
  for (let round = 0; resumed < CUTS && Date.now() < untilAt; round++) {
    const going = Array.from({ length: STREAMS }, async (_, i) => {
      await sleep(60 * i);
      const at = (i + round) % QUESTIONS.length;
      if (i % 4 === 3) {
        const { json } = await askWhole(stack, job(QUESTIONS[at]!));
        expectWholeJson(json, at);
        resumed += json['irori'].resumed === 'exact' ? 1 : 0;
      } else {
        const answer = await (await askOnline(stack, job(QUESTIONS[at]!))).read();
        expectWhole(answer, at);
        resumed += answer.irori.resumed === 'exact' ? 1 : 0;
      }
    });
    await sleep(1200 + 400 * Math.random());
    const [busiest] = await Promise.all(homes.map(async (home) => ({ home, running: await countRunning(home) }))).then(
      (all) => all.toSorted((a, b) => b.running - a.running),
    );
    await lose(stack, busiest!.home, 'pause');
    await Promise.all(going);
    await giveBack(busiest!.home, 'pause');
  }
  expect(resumed).toBeGreaterThanOrEqual(CUTS);
  await expect.poll(() => isLedgerSound(stack), POLL).toBe(true);
}, 400_000);

describe('the books of an answer of two homes', () => {
  test('the prompt is charged once, and each home is paid its part; homes of one owner are paid no second reading of the prompt', async () => {
    await startBooks();
    const answer = await askOnline(stack, job(QUESTIONS[0]));
    await answer.read(({ contentEvents }) => contentEvents >= 8);
    const lost = homeOf(answer.irori.node);
    await lose(stack, lost, 'kill');
    await answer.read();
    expectWhole(answer, 0);
    const [first, second] = await until('the last part paid', async () => {
      const found = await readReceipts(answer.job, 2, false);
      return found[1]?.['acceptance'] ? found : null;
    });
    expect(first).toMatchObject({ part: 0, node: lost.node, outcome: 'interrupted-by-node' });
    expect(second).toMatchObject({ part: 1, node: answer.irori.node, outcome: 'complete', resumed: 'exact' });
    const { tokens, charge } = undisturbed[0]!;
    const tokensOf = (one: Record<string, any>): number => one['usage'].completion_tokens;
    expect(tokensOf(first!) + tokensOf(second!)).toBe(tokens);
    expect(first!['charge_micro'] + second!['charge_micro']).toBe(charge);
    // A tenth is the fee of what each home did, and a dead one is paid when it has signed for its part.
    expect(first!['earned_micro']).toBe(0);
    expect(second!['charge_micro']).toBe(2 * tokensOf(second!));
    expect(second!['earned_micro']).toBe(movedBy(second!['charge_micro']).owner);
    expect(await books.faultsAfter(await movedOf(answer.job, 2))).toEqual([]);
    await giveBack(lost, 'kill');
    expect(await books.faultsAfter(paidLate(first!))).toEqual([]);
  });

  test('a frozen home that comes back cannot speak any more, and its receipt is taken once', async () => {
    await startBooks();
    const answer = await askOnline(stack, job(QUESTIONS[1]));
    await answer.read(({ contentEvents }) => contentEvents >= 8);
    const lost = homeOf(answer.irori.node);
    await lose(stack, lost, 'freeze');
    await answer.read();
    expectWhole(answer, 1);
    const moved = await movedOf(answer.job, 2);
    const [before] = await readReceipts(answer.job, 2, false);
    expect(before).toMatchObject({ part: 0, node: lost.node, acceptance: null });
    expect(await books.faultsAfter(moved)).toEqual([]);
    await giveBack(lost, 'freeze');
    expect(await books.faultsAfter(paidLate(before!))).toEqual([]);
    const [after] = await readReceipts(answer.job, 2);
    expect(after).toMatchObject({ part: 0, outcome: 'interrupted-by-node', acceptance: expect.any(Object) });
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });
});

test('an owner who takes the home back is not waited for, and the home is none the worse for it', async () => {
  const answer = await askOnline(stack, job(QUESTIONS[0]));
  await answer.read(({ contentEvents }) => contentEvents >= 8);
  const home = homeOf(answer.irori.node);
  const told = tellAgent(home, 'pause');
  await answer.read();
  expectWhole(answer, 0);
  expect(answer.irori).toMatchObject({ resumed: 'exact', attempts: 2 });
  expect((await told).tookMs).toBeLessThan(1000);
  const gaps = answer.pieces.map(({ at }, i) => at - (answer.pieces[i - 1]?.at ?? at));
  expect(Math.max(...gaps)).toBeLessThan(1000);
  await giveBack(home, 'pause');
  // It does not cool down, so that it is granted jobs as before; which home is granted the next one is placement's to say.
  const why = await stack.call(`/node/v1/why?node=${home.node}`, { key: owner.apiKey });
  expect(await why.json()).toMatchObject({ nodes: [{ node: home.node, coolingUntil: null, coolingReason: null }] });
  const only = { provider: { only: [home.node] } };
  const next = await (await askOnline(stack, job(QUESTIONS[0], only))).read();
  expect(next.irori).toMatchObject({ node: home.node, attempts: 1 });
});

describe('what the caller says of going on', () => {
  test("resume: 'off' ends the stream with an error, and nothing is charged", async () => {
    await startBooks();
    const answer = await askOnline(stack, job(QUESTIONS[0], { resume: 'off' }));
    await answer.read(({ contentEvents }) => contentEvents >= 8);
    const lost = homeOf(answer.irori.node);
    await lose(stack, lost, 'kill');
    await answer.read();
    expect(answer).toMatchObject({ isDone: false, finish: 'error', error: { code: expect.any(String) } });
    expect(undisturbed[0]!.text.startsWith(answer.text)).toBe(true);
    expect(await books.faultsAfter({ caller: 0, owner: 0, fees: 0 })).toEqual([]);
    await giveBack(lost, 'kill');
  });

  test.each(['exact', 'same-model'])("resume: '%s' goes on at a home with the same weights", async (resume) => {
    const answer = await askOnline(stack, job(QUESTIONS[2], { resume }));
    await answer.read(({ contentEvents }) => contentEvents >= 8);
    const lost = homeOf(answer.irori.node);
    await lose(stack, lost, 'pause');
    expectWhole(await answer.read(), 2);
    expect(answer.irori.resumed).toBe('exact');
    await giveBack(lost, 'pause');
  });
});

describe('while another home is sought', () => {
  test('a caller who leaves stops everything', async () => {
    await startBooks();
    const { answer, lost, silent } = await breakOff();
    await answer.leave();
    // Nobody hears of it before something is written to the caller: comments come twice a second.
    await sleep(1500);
    for (const home of silent) await giveBack(home, 'freeze');
    await giveBack(lost, 'kill');
    for (const home of homes) await until('no home runs on', async () => (await countRunning(home)) === 0);
    const moved = await movedOf(answer.job, 1);
    const [row] = await findReceiptRows(stack, answer.job);
    // What was read is paid for, as if the caller had left the first home.
    expect(row).toMatchObject({ outcome: 'interrupted-by-node' });
    expect(row!.charge).toBe(row!.promptTokens + 2 * row!.outputTokens);
    expect(await books.faultsAfter(moved)).toEqual([]);
  });

  test('one that does not answer in time is passed over', async () => {
    const { answer, lost, silent } = await breakOff();
    await giveBack(silent[1]!, 'freeze');
    expectWhole(await answer.read(), 0);
    expect(answer.irori).toMatchObject({ resumed: 'exact', node: silent[1]!.node });
    await giveBack(silent[0]!, 'freeze');
    await giveBack(lost, 'kill');
  });

  /** A stream whose home is dead, while all others are frozen: the farther last. */
  async function breakOff(): Promise<{ answer: Answer; lost: Home; silent: Home[] }> {
    const answer = await askOnline(stack, job(QUESTIONS[0]));
    await answer.read(({ contentEvents }) => contentEvents >= 8);
    const lost = homeOf(answer.irori.node);
    const silent = homes.filter((home) => home !== lost);
    for (const home of silent) await lose(stack, home, 'freeze');
    await lose(stack, lost, 'kill');
    return { answer, lost, silent };
  }
});

// Answers of models that think: what the caller is handed, what it is charged, and what becomes of an answer whose home is lost.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, askAll, askOnline, askWhole, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED } from './books.ts';
import type { Moved } from './books.ts';
import { startHomes } from './homes.ts';
import type { Home } from './homes.ts';
import { startModelServer, thoughts, words } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/thinker';
const GRANTED = 10_000_000;
const PARIS = '48.9,2.4,FR';
const CITIES = [PARIS, '40.7,-74,US'];
/** What the model server counts of each prompt, a unit each; a token of the output costs two. */
const PROMPT_TOKENS = 7;

let stack: Stack;
let caller: TestAccount;
let books: Books;
const servers: ModelServer[] = [];
let homes: Home[];

beforeAll(async () => {
  stack = await startStack({ timings: { resumeWaitMs: 1000 } });
  const owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  for (const _ of CITIES) servers.push(await startModelServer({ isContinuing: true, promptTokens: PROMPT_TOKENS }));
  homes = await startHomes(
    stack,
    owner,
    CITIES.map((place, i) => ({ place, args: ['--models', 'say-8x0', '--slots', '4', '--backend', servers[i]!.url] })),
  );
  const digest = await learnDigest(stack, owner, 'say-8x0');
  await listModel(stack, { owner, id: MODEL, digest, homes: CITIES.length });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});

afterAll(async () => {
  await stack?.stop();
  for (const server of servers) await server.stop();
});

/** A home that failed rests for a while: an answer that ends well sets it free again. */
beforeEach(async () => {
  servers[0]!.behaviour = null;
  await until('a rested home', async () => {
    const answer = await ask(stack, job('say-2x0')).catch(() => null);
    await answer?.read();
    return answer?.irori.node === homes[0]!.node && answer.isDone;
  });
  await books.start();
});

function job(prompt: string, more: Record<string, unknown> = {}) {
  return { account: caller, model: MODEL, prompt, place: PARIS, more };
}

function costOf(outputTokens: number): number {
  return PROMPT_TOKENS + 2 * outputTokens;
}

function expectThoughtOver(answer: Answer, thinking: number, text: number): void {
  expect(answer).toMatchObject({ text: words(text), thinking: thoughts(thinking), isDone: true, roles: 1 });
  expect(answer.usage).toEqual({
    prompt_tokens: PROMPT_TOKENS,
    completion_tokens: thinking + text,
    total_tokens: PROMPT_TOKENS + thinking + text,
    completion_tokens_details: { reasoning_tokens: thinking },
    energy: expect.objectContaining({ boundary: 'wall-above-idle' }) as unknown,
  });
}

describe('thinking', () => {
  test('comes ahead of the text as it is thought, and is charged as output', async () => {
    const answer = await ask(stack, job('say-5x20-think30'));
    await answer.read(({ thinking }) => thinking !== '');
    expect([answer.text, answer.isOver]).toEqual(['', false]);
    await answer.read();
    expectThoughtOver(answer, 30, 5);
    expect(answer).toMatchObject({ finish: 'stop', irori: { charge_micro: costOf(35) } });
    expect(await books.faultsAfter(movedBy(costOf(35)))).toEqual([]);
    expect(await findReceiptRows(stack, answer.job)).toMatchObject([{ outcome: 'complete', outputTokens: 35 }]);
  });

  test('of an answer in one piece stands beside its content', async () => {
    const { status, json } = await askWhole(stack, job('say-5x0-think30'));
    expect(status).toBe(200);
    expect(json['choices']).toMatchObject([
      {
        message: { role: 'assistant', content: words(5), reasoning_content: thoughts(30) },
        finish_reason: 'stop',
      },
    ]);
    expect(json['usage']).toMatchObject({
      completion_tokens: 35,
      completion_tokens_details: { reasoning_tokens: 30 },
    });
    expect(json['irori'].charge_micro).toBe(costOf(35));
    expect(await books.faultsAfter(movedBy(costOf(35)))).toEqual([]);
  });

  test('that uses up the limit ends a stream with length and an empty content, and is charged', async () => {
    const answer = await askAll(stack, { ...job('say-5x0-think100'), maxTokens: 20 });
    expectThoughtOver(answer, 20, 0);
    expect(answer.finish).toBe('length');
    expect(await books.faultsAfter(movedBy(costOf(20)))).toEqual([]);
  });

  test('that uses up the limit of an answer in one piece does the same', async () => {
    const { status, json } = await askWhole(stack, { ...job('say-5x0-think100'), maxTokens: 20 });
    expect(status).toBe(200);
    expect(json['choices']).toMatchObject([
      { message: { content: '', reasoning_content: thoughts(20) }, finish_reason: 'length' },
    ]);
    expect(json['usage']).toMatchObject({
      completion_tokens: 20,
      completion_tokens_details: { reasoning_tokens: 20 },
    });
    expect(await books.faultsAfter(movedBy(costOf(20)))).toEqual([]);
  });

  test('that its caller leaves is charged as far as it came', async () => {
    const answer = await ask(stack, job('say-5x20-think2000'));
    await answer.read(({ thinking }) => thinking.length > 20);
    await answer.leave();
    const [row] = await until('the row', async () => {
      const rows = await findReceiptRows(stack, answer.job);
      return rows.length > 0 ? rows : null;
    });
    expect(row).toMatchObject({ outcome: 'cancelled' });
    expect(row!.outputTokens).toBeGreaterThan(0);
    expect(await books.faultsAfter(movedBy(row!.charge))).toEqual([]);
  });
});

describe('a home that is lost', () => {
  /** The caller pays for all that it was given, each home gets its part, and for the prompt that it has read. */
  async function movedOf(answer: Answer): Promise<Moved> {
    // A part that broke off earns once the book knows what its caller paid for it.
    const rows = await until('two rows that earn', async () => {
      const found = await findReceiptRows(stack, answer.job);
      return found.length === 2 && found.every(({ earn }) => earn > 0) ? found : null;
    });
    const [charge, earn] = [sum(rows.map((row) => row.charge)), sum(rows.map((row) => row.earn))];
    return { caller: 0 - charge, owner: earn, fees: charge - earn };
  }

  test.each([1, 13])(
    'after %i tokens of thinking: another begins anew, with what is left of the limit',
    async (cut) => {
      servers[0]!.behaviour = `say-5x5-think20-die${cut}`;
      const answer = await (await askOnline(stack, { ...job('say-5x0-think20'), maxTokens: 50 })).read();
      expect(answer).toMatchObject({ text: words(5), isDone: true, finish: 'stop', error: null, roles: 1 });
      expect(answer.thinking).toBe(thoughts(cut) + thoughts(20));
      expect(answer.usage).toMatchObject({
        completion_tokens: cut + 25,
        completion_tokens_details: { reasoning_tokens: cut + 20 },
      });
      expect(servers[1]!.seen.at(-1)!.body).toMatchObject({ max_tokens: 50 - cut });
      expect(servers[1]!.seen.at(-1)!.body['messages']).toHaveLength(1);
      // The prompt once, as the first home's agent has guessed it: its server broke off before it counted.
      const charge = answer.usage!.prompt_tokens + 2 * (cut + 25);
      expect(answer.irori).toMatchObject({ attempts: 2, resumed: null, charge_micro: charge });
      const moved = await movedOf(answer);
      expect(moved.caller).toBe(0 - charge);
      expect(await books.faultsAfter(moved)).toEqual([]);
    },
  );

  test('after it has begun its text: the answer is broken, nobody adds to it, and nobody pays', async () => {
    servers[0]!.behaviour = 'say-40x5-think10-die20';
    const answer = await (await askOnline(stack, job('say-40x0'))).read();
    expect(answer).toMatchObject({ thinking: thoughts(10), isDone: false, finish: 'error' });
    expect(answer.error).toMatchObject({ code: 'home_failed' });
    expect(words(10).startsWith(answer.text)).toBe(true);
    expect(answer.irori.attempts).toBe(1);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('while it thinks, for a caller who wants no other home: the answer is broken, and free', async () => {
    servers[0]!.behaviour = 'say-40x5-think10-die5';
    const answer = await (await askOnline(stack, job('say-40x0', { resume: 'off' }))).read();
    expect(answer).toMatchObject({ text: '', isDone: false, finish: 'error' });
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

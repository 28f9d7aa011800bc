// Answers of model servers that continue a text: what a home that broke off had written is given to another, which writes the rest.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, askOnline, askWhole, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED } from './books.ts';
import { startHomes } from './homes.ts';
import type { Home } from './homes.ts';
import { startModelServer, WIDE, words } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/text';
const GRANTED = 10_000_000;
const PARIS = '48.9,2.4,FR';
const CITIES = [PARIS, '40.7,-74,US', '35.7,139.7,JP'];

const ARGS = ['--models', 'say-8x0', '--slots', '4', '--frozen-after', '5', '--backend'];

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let books: Books;
const servers: ModelServer[] = [];
let homes: Home[];

beforeAll(async () => {
  stack = await startStack({ timings: { resumeWaitMs: 2000 } });
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  for (const _ of CITIES) servers.push(await startModelServer({ isContinuing: true }));
  homes = await startHomes(
    stack,
    owner,
    CITIES.map((place, i) => ({ place, args: [...ARGS, servers[i]!.url] })),
  );
  const digest = await learnDigest(stack, owner, 'say-8x0');
  await listModel(stack, { owner, id: MODEL, digest, homes: CITIES.length });
  books = new Books(stack, { caller, owner, granted: GRANTED });
  await books.start();
});

afterAll(async () => {
  await stack?.stop();
  for (const server of servers) await server.stop();
});

/** Homes that failed rest for a while: an answer that ends well sets them free again. */
beforeEach(async () => {
  for (const server of servers) server.behaviour = null;
  for (const [i, home] of homes.entries())
    await until('a rested home', async () => {
      const answer = await ask(stack, {
        ...job('say-2x0', { provider: { only: [home.node] } }),
        place: CITIES[i]!,
      }).catch(() => null);
      await answer?.read();
      return answer?.irori.node === home.node && answer.isDone;
    });
  await new Promise((wake) => setTimeout(wake, 500));
  await books.start();
});

function job(prompt: string, more: Record<string, unknown> = {}) {
  // Which home is asked first, and which next, is no matter of how fast this machine made each of them look.
  const provider = { order: homes.map(({ node }) => node) };
  return { account: caller, model: MODEL, prompt, place: PARIS, more: { provider, ...more } };
}

/** How the server behind the home that is asked first answers, whatever others do. */
function behave(behaviour: string): void {
  servers[0]!.behaviour = behaviour;
}

async function movedOf(jobId: string, parts: number): Promise<{ caller: number; owner: number; fees: number }> {
  const rows = await until(`${parts} rows`, async () => {
    const found = await findReceiptRows(stack, jobId);
    return found.length === parts ? found : null;
  });
  const charge = rows.reduce((sum, row) => sum + row.charge, 0);
  // Each home is paid its share of what the caller pays for its part, as soon as it has signed for it and the answer has ended. All are one
  // owner's, and each hand-over is a home's own doing: nobody pays for the second reading of the prompt.
  const earn = rows.reduce((sum, row) => sum + movedBy(row.charge).owner, 0);
  return { caller: 0 - charge, owner: earn, fees: charge - earn };
}

/** What the first home was given, and what the one that went on was. */
function givenTo(server: ModelServer): { role: string; content: string }[] {
  return server.seen.at(-1)!.body['messages'] as { role: string; content: string }[];
}

describe('a model server that dies in the middle', () => {
  test.each([1, 7, 39])('after %i words: the next one writes the rest', async (cut) => {
    behave(`say-40x5-die${cut}`);
    const answer = await (await askOnline(stack, job('say-40x5'))).read();
    expect(answer).toMatchObject({ text: words(40), isDone: true, error: null, finish: 'stop' });
    expect(answer.irori).toMatchObject({ attempts: 2, resumed: 'same-model', node: homes[1]!.node });
    expect(answer.usage?.completion_tokens).toBe(40);
    const [question, soFar] = givenTo(servers[1]!);
    expect(question).toEqual({ role: 'user', content: 'say-40x5' });
    expect(words(40).startsWith(soFar!.content)).toBe(true);
    expect(servers[1]!.seen.at(-1)!.body).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
    expect(await books.faultsAfter(await movedOf(answer.job, 2))).toEqual([]);
  });

  test('in text of three and four bytes a character', async () => {
    behave('say-40x3-wide-torn-die13');
    const answer = await (await askOnline(stack, job('say-40x3-wide'))).read();
    expect(answer).toMatchObject({ text: words(40, ` ${WIDE}`), isDone: true, irori: { resumed: 'same-model' } });
    expect(await books.faultsAfter(await movedOf(answer.job, 2))).toEqual([]);
  });

  test('in an answer that is not streamed', async () => {
    behave('say-40x5-die11');
    const { status, json } = await askWhole(stack, job('say-40x5'));
    expect(status).toBe(200);
    expect(json['choices'][0].message.content).toBe(words(40));
    expect(json['irori']).toMatchObject({ attempts: 2, resumed: 'same-model' });
    expect(await books.faultsAfter(await movedOf(json['irori'].job, 2))).toEqual([]);
  });

  test('twice: a third one ends it', async () => {
    behave('say-40x5-die11');
    servers[1]!.behaviour = 'say-40x5-die25';
    const answer = await (await askOnline(stack, job('say-40x5'))).read();
    expect(answer).toMatchObject({ text: words(40), isDone: true });
    expect(answer.irori).toMatchObject({ attempts: 3, node: homes[2]!.node });
    expect(await books.faultsAfter(await movedOf(answer.job, 3))).toEqual([]);
  });

  test('three times: the caller is told, and pays nothing; nor is any home paid', async () => {
    behave('say-40x5-die11');
    servers[1]!.behaviour = 'say-40x5-die20';
    servers[2]!.behaviour = 'say-40x5-die30';
    const answer = await (await askOnline(stack, job('say-40x5'))).read();
    expect(answer).toMatchObject({ isDone: false, finish: 'error', error: { code: expect.any(String) } });
    expect(words(40).startsWith(answer.text)).toBe(true);
    expect((await movedOf(answer.job, 3)).caller).toBe(0);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test("for a caller who wants it 'exact': no server that continues a text will do", async () => {
    behave('say-40x5-die11');
    const answer: Answer = await (await askOnline(stack, job('say-40x5', { resume: 'exact' }))).read();
    expect(answer).toMatchObject({ isDone: false, finish: 'error' });
    expect(words(11).startsWith(answer.text)).toBe(true);
    expect((await movedOf(answer.job, 1)).caller).toBe(0);
  });
});

/** An answer whose first home's server hangs as told and then freezes. */
async function askFrozen(home: number, behaviour: string): Promise<Answer> {
  const server = servers[home]!;
  server.behaviour = behaviour;
  const answer = askOnline(stack, job('say-40x5', { provider: { order: [homes[home]!.node] } }));
  await until('it is asked', () => JSON.stringify(server.seen.at(-1)?.body).includes('say-40x5'));
  server.isFrozen = true;
  const whole = await (await answer).read();
  Object.assign(server, { isFrozen: false, behaviour: null });
  return whole;
}

test('servers that freeze before the first word or in the middle are left; nobody pays for silence', async () => {
  const early = await askFrozen(0, 'say-40x5-hang0');
  const late = await askFrozen(2, 'say-40x5-hang9');
  expect(early).toMatchObject({ text: words(40), isDone: true, irori: { attempts: 2, resumed: null } });
  expect(early.comments).toBeGreaterThan(0);
  expect(early.irori.charge_micro).toBe(7 + 2 * 40);
  expect(late).toMatchObject({ text: words(40), isDone: true, irori: { attempts: 2, resumed: 'same-model' } });
  expect(late.irori.node).not.toBe(homes[2]!.node);
  const [one, other] = [await movedOf(early.job, 1), await movedOf(late.job, 2)];
  const both = {
    caller: one.caller + other.caller,
    owner: one.owner + other.owner,
    fees: one.fees + other.fees,
  };
  expect(await books.faultsAfter(both)).toEqual([]);
});

test('a home whose server is not known to continue texts is not asked to', async () => {
  const plain = await startModelServer({ models: ['say-9x0'] });
  servers.push(plain);
  const lonely = await stack.makeAccount();
  const args = ['--models', 'say-9x0', '--slots', '4', '--backend', plain.url];
  await startHomes(stack, lonely, [
    { place: PARIS, args },
    { place: PARIS, args },
  ]);
  await stack.waitForModel(lonely, 'say-9x0', 2);
  plain.behaviour = 'say-40x5-die11';
  const asked = { account: lonely, model: 'say-9x0', prompt: 'hi', place: PARIS };
  const answer = await (await askOnline(stack, asked)).read();
  expect(answer).toMatchObject({ isDone: false, finish: 'error' });
  expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
});

// What callers of a whole network read where a model server ends its answers oddly: one home's answer, whole, paid, and never added to by another.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BROKEN, FINISHED, MORE } from '../../node-agent/test/backends/odd-answers.ts';
import type { OddAnswer } from '../../node-agent/test/backends/odd-answers.ts';
import { sendEvents, startFake } from '../../node-agent/test/backends/fake-server.ts';
import type { Chat, FakeServer } from '../../node-agent/test/backends/fake-server.ts';
import { ask, askOnline, askWhole, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { Books, findReceiptRows, movedBy } from './books.ts';
import { startHomes } from './homes.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/odd';
const GRANTED = 10_000_000;
const PARIS = '48.9,2.4,FR';
/** A server that continues texts, so that the network would go on with an answer that it took for broken. */
const GETS = {
  '/version': { version: '0.0.0-test' },
  '/v1/models': { object: 'list', data: [{ id: 'odd', object: 'model' }] },
};
const stranger: Chat = sendEvents([
  JSON.stringify({ choices: [{ index: 0, delta: { content: MORE }, finish_reason: null }] }),
  JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  '[DONE]',
]);

let stack: Stack;
let caller: TestAccount;
let books: Books;
let near: FakeServer;
const servers: FakeServer[] = [];

beforeAll(async () => {
  stack = await startStack({ timings: { firstTokenMs: 15_000, tokenMs: 15_000, resumeWaitMs: 2000 } });
  const owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  for (const _ of ['near', 'far']) servers.push(await startFake(GETS, stranger));
  near = servers[0]!;
  const places = [PARIS, '35.7,139.7,JP'];
  await startHomes(
    stack,
    owner,
    places.map((place, i) => ({ place, args: ['--models', 'odd', '--slots', '4', '--backend', servers[i]!.url] })),
  );
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'odd'), homes: 2 });
  books = new Books(stack, { caller, owner, granted: GRANTED });
  await books.start();
});

afterAll(async () => {
  await stack?.stop();
  for (const server of servers) await server.close();
});

/** An answer of the near home, which a busy machine may keep from being seen for a while: then the other one answers, and it is asked again. */
function askOdd<T>({ play }: OddAnswer, asking: () => Promise<T>): Promise<T> {
  near.chat = play;
  return until('an answer of the near home', async () => {
    const before = countChats();
    await books.start();
    const answer = await asking();
    return countChats() > before ? answer : null;
  });
}

function countChats(): number {
  return near.asked.filter(({ method }) => method === 'POST').length;
}

async function readStream(): Promise<Answer> {
  return (await ask(stack, job())).read();
}

function job() {
  return { account: caller, model: MODEL, prompt: 'hi', place: PARIS };
}

async function chargeOf(jobId: string): Promise<number> {
  const [row] = await until('its row', async () => {
    const rows = await findReceiptRows(stack, jobId);
    return rows.length === 1 ? rows : null;
  });
  expect(row!.charge).toBe(row!.promptTokens + 2 * row!.outputTokens);
  return row!.charge;
}

describe('a finished answer', () => {
  test.each(FINISHED)('$name', async (odd) => {
    const answer = await askOdd(odd, readStream);
    expect(answer).toMatchObject({ text: odd.text, isDone: true, error: null, finish: odd.end });
    expect(answer.irori).toMatchObject({ attempts: 1, resumed: null });
    const charge = await chargeOf(answer.job);
    expect(charge).toBeGreaterThanOrEqual(2 * answer.usage!.completion_tokens);
    expect(answer.usage!.completion_tokens > 0).toBe(odd.text !== '');
    expect(await books.faultsAfter(movedBy(charge))).toEqual([]);
  });

  test.each(['a filter', 'a JSON body instead of a stream', 'an open connection after the finish reason'])(
    '%s, in one piece',
    async (name) => {
      const odd = FINISHED.find((one) => one.name === name)!;
      const { status, json } = await askOdd(odd, () => askWhole(stack, job()));
      expect([status, json['irori'].attempts]).toEqual([200, 1]);
      expect(json['choices'][0]).toMatchObject({ message: { content: odd.text }, finish_reason: odd.end });
      expect(await books.faultsAfter(movedBy(await chargeOf(json['irori'].job)))).toEqual([]);
    },
  );
});

test('a broken answer is gone on with elsewhere, and one that never began is begun there', async () => {
  const abort = BROKEN.find((one) => one.name === 'a finish reason of abort')!;
  const answer = await askOdd(abort, readStream);
  expect(answer).toMatchObject({ text: abort.text + MORE, isDone: true, finish: 'stop' });
  expect(answer.irori).toMatchObject({ attempts: 2, resumed: 'same-model' });
  near.chat = BROKEN.find((one) => one.name === 'a web page')!.play;
  const begun = await (await askOnline(stack, job())).read();
  expect(begun).toMatchObject({ text: MORE, isDone: true, finish: 'stop' });
});

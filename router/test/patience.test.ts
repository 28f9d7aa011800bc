// Homes that are slow and live: what tells that they live is waited for up to the caller's limit, what stops telling is left, and what never told
// (an agent that is older than `alive`) is waited for as before. The old limits are shortened so that a few seconds are beyond them.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeFrame } from '../../schema/frames.ts';
import { askAll, askWhole, learnDigest, listModel } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED } from './books.ts';
import { startModelServer, words } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { RawNode, RAW_DIGEST } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/patient';
const RAW = 'test/raw';
const BRIEF = 'test/brief';
/** How long homes of that model are waited for that show nothing of their work. */
const BRIEF_MS = 3000;
const GRANTED = 10_000_000;
/** Beyond every old limit, with the edge's grace. */
const LONG_MS = 8000;
const ALIVE_MS = 4000;

let stack: Stack;
let caller: TestAccount;
let owner: TestAccount;
let server: ModelServer;
let node: RawNode;
let books: Books;

beforeAll(async () => {
  const timings = { firstTokenMs: 3000, tokenMs: 3000, hubGraceMs: 3000, aliveMs: ALIVE_MS };
  [stack, server] = await Promise.all([startStack({ timings }), startModelServer({ models: ['say-8x0', 'say-9x0'] })]);
  [owner, caller] = await Promise.all([stack.makeAccount(), stack.makeAccount(GRANTED)]);
  await stack.startAgent({ owner, args: ['--models', 'say-8x0,say-9x0', '--slots', '4', '--backend', server.url] });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  const brief = { max_first_token_ms: BRIEF_MS };
  await listModel(stack, { owner, id: BRIEF, digest: await learnDigest(stack, owner, 'say-9x0'), model: brief });
  node = await RawNode.join(stack, owner);
  await listModel(stack, { owner, id: RAW, digest: RAW_DIGEST, model: { max_first_token_ms: LONG_MS } });
  books = new Books(stack, { caller, owner, granted: GRANTED });
  await books.start();
});
afterAll(async () => {
  await stack.stop();
  await server.stop();
});
beforeEach(() => void books.start());

/** Keeps every promise, however slow the tests have made its home look. */
const ANY = { preferred_max_latency: 600, preferred_min_throughput: 0.001 };
const asked = (model: string, prompt: string, provider: object = {}) => ({
  account: caller,
  model,
  prompt,
  more: { provider: { ...ANY, ...provider }, resume: 'off' },
});

describe('a server that is silent beyond the old limits and at work', () => {
  test.each([
    ['before the first token', `say-5x0-wait${LONG_MS}`, 5],
    ['between tokens', `say-2x${LONG_MS}`, 2],
  ])('%s is answered whole by the one home, streamed and not', async (_, prompt, tokens) => {
    const [streamed, whole] = await Promise.all([
      askAll(stack, asked(MODEL, prompt)),
      askWhole(stack, asked(MODEL, prompt)),
    ]);
    expect(streamed).toMatchObject({ isDone: true, text: words(tokens), error: null, irori: { attempts: 1 } });
    expect(streamed.comments).toBeGreaterThan(3);
    expect(whole).toMatchObject({ status: 200, json: { irori: { attempts: 1 } } });
    expect(whole.json['choices'][0].message.content).toBe(words(tokens));
    const one = movedBy(7 + 2 * tokens);
    expect(await books.faultsAfter({ caller: 2 * one.caller, owner: 2 * one.owner, fees: 2 * one.fees })).toEqual([]);
  });

  test('and sends what is no answer yet is waited for beyond the model’s limit; one that sends nothing, or whose caller set the limit, is not', async () => {
    const hiding = `say-3x0-hide${2 * BRIEF_MS}`;
    const [moves, still, limited] = await Promise.all([
      askAll(stack, asked(BRIEF, hiding)),
      askAll(stack, asked(BRIEF, `say-3x0-wait${2 * BRIEF_MS}`)),
      askAll(stack, asked(BRIEF, hiding, { max_first_token_s: BRIEF_MS / 1000 })),
    ]);
    expect(moves).toMatchObject({ isDone: true, text: words(3), error: null, irori: { attempts: 1 } });
    for (const { error } of [still, limited]) expect(error).toMatchObject({ code: 'first_token_timeout' });
    expect(still.error?.message).toContain('within 3 s');
    expect(await books.faultsAfter(movedBy(7 + 2 * 3))).toEqual([]);
  });

  test('is given up at the limit that the caller has lowered, before its first token and after it', async () => {
    const silent = 'say-3x0-hang0';
    const limit = { max_first_token_s: 2 };
    const [streamed, broken] = await Promise.all([
      askAll(stack, asked(MODEL, silent, limit)),
      askAll(stack, asked(MODEL, 'say-3x0-hang1', limit)),
    ]);
    expect(streamed).toMatchObject({ isDone: false, isOver: true, error: { code: 'first_token_timeout' } });
    expect(streamed.error?.message).toMatch(/^No first token within 2 s: 'provider\.max_first_token_s' .* 600 s/);
    expect(broken).toMatchObject({ isDone: false, isOver: true, text: ' word0', error: { code: 'home_failed' } });
    expect(broken.error?.message).toContain('no more of it came within 2 s');
    await until('the model is stopped', () =>
      server.seen.every(({ body, abortedAt }) => (JSON.stringify(body).includes('hang') ? abortedAt !== null : true)),
    );
    // The caller set the limit: it pays for what it has read, and the home that worked is paid that once its receipt has come.
    expect(broken.error?.message).toContain('What was sent of it is charged.');
    const row = await until('its receipt', async () =>
      (await findReceiptRows(stack, broken.job)).find(({ earn }) => earn > 0),
    );
    expect(row).toMatchObject({ outcome: 'cut-off', outputTokens: 1, charge: 2 });
    expect(await books.faultsAfter(movedBy(2))).toEqual([]);
    // Nor is it at fault: the next call is its.
    expect(await askAll(stack, asked(MODEL, 'say-2x0'))).toMatchObject({ isDone: true, irori: { attempts: 1 } });
  });
});

describe('a home that is spoken frame by frame', () => {
  const alive = (job: RawJob): void => node.sendBytes(encodeFrame('alive', { job: job.number }));

  /** Takes a job, then does this every half second until the hub cancels it. */
  function act(onBeat: (job: RawJob, beat: number) => void): void {
    node.onJob = (job) => {
      job.head();
      let beat = 0;
      onBeat(job, beat++);
      const timer = setInterval(() => {
        if (node.heard.some(({ name, job: number }) => name === 'cancel' && number === job.number))
          clearInterval(timer);
        else onBeat(job, beat++);
      }, 500);
    };
  }

  async function timed(provider: object = {}): Promise<{ code: string | undefined; ms: number }> {
    const startedAt = Date.now();
    const answer = await askAll(stack, asked(RAW, 'hello', provider));
    return { code: answer.error?.code, ms: Date.now() - startedAt };
  }

  test('and says alive for ever is given up at the model’s limit; nobody is charged', async () => {
    act(alive);
    const ended = await timed();
    expect(ended).toMatchObject({ code: 'first_token_timeout' });
    expect(ended.ms).toBeGreaterThan(LONG_MS - 100);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('and says alive, and then only other things, is lost after aliveMs', async () => {
    act((job, beat) => (beat < 2 ? alive(job) : node.sendState()));
    const ended = await timed();
    expect(ended).toMatchObject({ code: 'home_failed' });
    expect(ended.ms).toBeGreaterThan(ALIVE_MS);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('and never says alive, as agents of before, keeps the old limits, whatever the caller allows', async () => {
    act(() => node.sendState());
    // It rests for a moment after the last test.
    const ended = await until('it is welcome again', () => timed({ max_first_token_s: 600 }).catch(() => null));
    expect(ended).toMatchObject({ code: 'home_failed' });
    expect(ended.ms).toBeGreaterThan(2900);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });
});

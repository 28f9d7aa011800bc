// A home that sends anything at all: its hub answers or ignores it, serves the others, and gives its callers an error that can be read.
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { concatBytes } from '../../schema/bytes.ts';
import { encodeFrame, encodeJsonFrame, FRAME, FRAME_HEADER_BYTES } from '../../schema/frames.ts';
import type { FrameName } from '../../schema/frames.ts';
import { expectToldError } from './error-shape.ts';
import type { ToldError } from './error-shape.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { RAW_MODEL, RawNode } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 100);
const PARIS = '48.9,2.4,FR';
const RUNS_OF_ONE = 8;

let stack: Stack;
let models: ModelServer;
let account: TestAccount;
let neighbour: TestAgent;
let wild: RawNode;

beforeAll(async () => {
  [stack, models] = await Promise.all([startStack(), startModelServer()]);
  account = await stack.makeAccount();
  const args = ['--backend', models.url, '--models', 'say-*', '--slots', '4'];
  neighbour = await stack.startAgent({ owner: account, args, place: PARIS });
  await stack.waitForModel(account, 'say-*');
  wild = await RawNode.join(stack, account);
  await stack.waitForModel(account, RAW_MODEL);
});

afterAll(async () => {
  await stack?.stop();
  await models?.stop();
});

beforeEach(async () => {
  // One that was sent away is kept out for a while: another takes its place.
  if (!wild.isOpen) wild = await RawNode.join(stack, account);
});

function ask(model: string, stream = false): Promise<Response> {
  const body = { model, messages: [{ role: 'user', content: 'hi' }], max_tokens: 20, stream };
  return stack.call('/v1/chat/completions', { key: account.apiKey, place: PARIS, body });
}

/** True when the neighbour on the same hub still answers and never lost its connection. */
async function isHubSound(): Promise<boolean> {
  const connections = neighbour.lines.filter((line) => line.includes(' connected '));
  return (await ask('say-2x0')).status === 200 && connections.length === 1 && connections[0]!.includes('hub:weur:0');
}

/** True when the hub has worked off all that the wild node sent: it answers in order. */
async function isHeard(): Promise<boolean> {
  const from = wild.heard.length;
  wild.send('state', { models: 'a marker' });
  await until('the hub answers', () =>
    wild.heard.slice(from).some(({ json }) => JSON.stringify(json).includes("'state' models")),
  );
  return true;
}

/** A home may say only so much that nobody can read: after some runs another takes its place. */
async function takeTurns(run: number): Promise<void> {
  if (run % RUNS_OF_ONE !== 0) return;
  await wild.close();
  wild = await RawNode.join(stack, account);
}

const names = Object.keys(FRAME) as FrameName[];
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const header = fc.record({
  job: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.nat(0xffff_ffff)),
  tokens: fc.nat(0xffff),
  flags: fc.nat(255),
});

/** What a node's payloads hold, each field near to right or anything. */
const nearlyRight = fc.dictionary(
  fc.constantFrom(
    'protocol',
    'address',
    'signature',
    'models',
    'slots',
    'paused',
    'code',
    'message',
    'param',
    'receipt',
    'jobs',
    'ticket',
    'ticketSignature',
    'promptTokens',
  ),
  fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(`0x${'0'.repeat(130)}`, `0x${'f'.repeat(40)}`, 'busy', 'bad-request', 1e21, -1, [], {}, [
      { job: 1, ticketHash: `0x${'0'.repeat(64)}` },
    ]),
  ),
);

/** Any frame: of any type, with a payload of anything, whole or with a length that lies. */
const frame = fc.oneof(
  fc
    .tuple(fc.constantFrom(...names), header, bytes(200))
    .map(([name, head, payload]) => encodeFrame(name, { ...head, payload })),
  fc
    .tuple(fc.constantFrom(...names), nearlyRight, fc.nat(5))
    .map(([name, json, job]) => encodeJsonFrame(name, json, job)),
  fc.tuple(fc.nat(255), header, bytes(40)).map(([type, head, payload]) => {
    const all = encodeFrame('state', { ...head, payload });
    all[0] = type;
    return all;
  }),
  fc.tuple(fc.nat(0xffff_ffff), bytes(40)).map(([length, payload]) => {
    const all = encodeFrame('data', { payload });
    new DataView(all.buffer).setUint32(FRAME_HEADER_BYTES - 4, length);
    return all;
  }),
  bytes(60),
);
const message = fc.oneof(
  { weight: 6, arbitrary: fc.array(frame, { minLength: 1, maxLength: 4 }).map((frames) => concatBytes(frames)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
);

function send(one: Uint8Array | string): void {
  if (typeof one === 'string') wild.sendText(one);
  else wild.sendBytes(one);
}

describe('frames of any kind', () => {
  test('between jobs are answered or ignored, and the socket stays open', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 8 }), async (messages) => {
        await takeTurns(++runs);
        for (const one of messages) send(one);
        expect(await isHeard()).toBe(true);
      }),
      { numRuns: RUNS },
    );
    expect(wild.isOpen).toBe(true);
    expect(await isHubSound()).toBe(true);
    wild.sendState();
  });

  test('too large to be a message end the connection, and the others do not notice', async () => {
    send(encodeFrame('data', { payload: new Uint8Array(3 * 1024 * 1024) }));
    send(new Uint8Array(5 * 1024 * 1024));
    await until('the home is sent away', () => !wild.isOpen);
    expect(await isHubSound()).toBe(true);
  });

  test('before the hello end the connection, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(message, async (one) => {
        const headers = { 'x-irori-node': wild.id };
        const ws = new WebSocket(`${stack.url.replace('http', 'ws')}/node/link`, { headers } as unknown as string[]);
        const isClosed = new Promise((resolve) => ws.addEventListener('close', () => resolve(true)));
        await new Promise((resolve) => ws.addEventListener('message', resolve, { once: true }));
        ws.send(one);
        ws.close();
        expect(await isClosed).toBe(true);
      }),
      { numRuns: Math.min(RUNS, 50) },
    );
    expect(wild.isOpen).toBe(true);
    expect(await isHubSound()).toBe(true);
  });
});

describe('an answer of any kind', () => {
  /** What a node may say of a job: from right to absurd. */
  const word = fc.oneof(
    fc.constant({ say: 'head' as const }),
    fc.record({
      say: fc.constant('text' as const),
      text: fc.string({ unit: 'binary', maxLength: 30 }),
      tokens: fc.nat(0xffff),
    }),
    fc.record({ say: fc.constant('data' as const), payload: bytes(80), flags: fc.nat(3), tokens: fc.nat(300) }),
    fc.record({
      say: fc.constant('event' as const),
      event: fc.oneof(
        fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
        fc.constantFrom(
          '[DONE]',
          '{"error":{"message":"x"}}',
          '{"choices":[]}',
          '{"choices":[{"delta":{"content":5}}]}',
          '',
        ),
      ),
    }),
    fc.record({
      say: fc.constant('json' as const),
      name: fc.constantFrom('end', 'refuse', 'fault', 'head', 'running'),
      json: nearlyRight,
    }),
    fc.constant({ say: 'end' as const }),
  );

  test.each([false, true])(
    'reaches a caller (stream %s) as an answer or as an error, never as a breakdown',
    async (stream) => {
      await fc.assert(
        fc.asyncProperty(fc.array(word, { maxLength: 8 }), async (words) => {
          wild.onJob = (job) => {
            for (const one of words) {
              if (one.say === 'head') job.head();
              else if (one.say === 'text') job.say(one.text, one.tokens);
              else if (one.say === 'data') wild.sendBytes(encodeFrame('data', { ...one, job: job.number }));
              else if (one.say === 'event') {
                const payload = new TextEncoder().encode(`data: ${one.event}\n\n`);
                wild.sendBytes(encodeFrame('data', { job: job.number, tokens: 1, payload }));
              } else if (one.say === 'json') wild.send(one.name as FrameName, one.json, job.number);
              else job.end(job.receipt());
            }
            wild.send('fault', { code: 'over', message: 'that was all', work: null }, job.number);
          };
          const response = await ask(RAW_MODEL, stream);
          const text = await response.text();
          expect([200, 400, 404, 429, 502, 503]).toContain(response.status);
          if (response.status !== 200) return expectToldError((JSON.parse(text) as { error: ToldError }).error);
          if (!stream) return void JSON.parse(text);
          expect(text.endsWith('\n\n')).toBe(true);
        }),
        { numRuns: RUNS },
      );
      expect(wild.isOpen).toBe(true);
      expect(await isHubSound()).toBe(true);
    },
  );

  test('leaves no slot taken and no credit held', async () => {
    wild.onJob = (job) => void job.head().say('fine', 1).end(job.receipt());
    await until('the slots are free again', async () => (await ask(RAW_MODEL)).status === 200);
    await until('nothing is held', async () => {
      const usage = await (await stack.call('/v1/usage', { key: account.apiKey })).json();
      return (usage as { held_micro: number }).held_micro === 0;
    });
    const { json } = await stack.admin('GET', '/ledger/check');
    expect(json).toMatchObject({ total_micro: 0, unbalanced_events: [] });
  });
});

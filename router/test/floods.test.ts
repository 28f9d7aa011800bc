// Homes and strangers that send a hub as much as they can, beside a home that answers: each is sent away at once, told why and for how long, and the
// answer goes on without a stop.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeFrame, encodeJsonFrame } from '../../schema/frames.ts';
import { HOME_POINTS, MAX_UNPROVEN_OF_PAIR } from '../hub/door-limits.ts';
import { sampleReceipt, sampleTicket } from '../../schema/sample-messages.ts';
import { toMessageJson } from '../../schema/receipt.ts';
import { encodeHello, FloodDial, repeat } from './flood-dial.ts';
import { joinPacedHome, listen, worstGapMs } from './paced-home.ts';
import { residentBytes } from './process-memory.ts';
import { RAW_DIGEST, RawNode } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MIB = 1024 * 1024;
/** Seconds of the answer that goes on beside. */
const BESIDE_S = 3;
/** An answer that stood still for the flood stood for 3.5 to 8 s on a machine with nothing else to do; a busy one takes up to a second by itself. */
const WORST_GAP_MS = 3000;
/** One word of an answer more than a flood may leave behind: each of these left 300 MB and more. */
const MOST_LEFT_BYTES = 150 * MIB;

let stack: Stack;
let owner: TestAccount;

beforeAll(async () => {
  // Longer than elsewhere in tests, so that a busy machine still sees who is kept out.
  stack = await startStack({ timings: { shutOutMs: 6000 } });
  owner = await stack.makeAccount();
  await joinPacedHome(stack, owner);
});

afterAll(async () => {
  await stack?.stop();
});

/** A home of its own, known to the router and not connected. */
async function enrol(): Promise<RawNode> {
  const node = await RawNode.join(stack, owner);
  await node.close();
  return node;
}

async function enter(node: RawNode): Promise<FloodDial> {
  return new FloodDial(stack, node.id).enter(node);
}

function memoryBytes(): number {
  return stack.network.workerdPids().reduce((sum, pid) => sum + residentBytes(pid), 0);
}

/** Runs an attack while an answer is read, which has to come whole and without a stop; memory has to stay where it was. */
async function beside(attack: () => Promise<void>): Promise<void> {
  const before = memoryBytes();
  const answer = await listen(stack, owner, BESIDE_S);
  await answer.read(({ contentEvents }) => contentEvents > 0);
  const reading = answer.read();
  await attack();
  await reading;
  expect({ isDone: answer.isDone, error: answer.error }).toEqual({ isDone: true, error: null });
  expect(worstGapMs(answer)).toBeLessThan(WORST_GAP_MS);
  expect(memoryBytes() - before).toBeLessThan(MOST_LEFT_BYTES);
}

/** It was told why and sent away, and for a while every dial of its node is refused. */
async function expectSentAway(flood: FloodDial): Promise<void> {
  await until('the end of the flood', () => !flood.isOpen);
  expect(flood.error).toBe('too-much');
}

describe('who has not proved who it is', () => {
  test('and says hello 16,000 times with nothing but a node’s id is closed at the first', async () => {
    const node = await enrol();
    await beside(async () => {
      const flood = await new FloodDial(stack, node.id).settled();
      const hello = encodeHello(node, flood.nonce ?? '0x', `0x${'11'.repeat(64)}1b`);
      flood.send(repeat(hello, Math.floor((4.1 * MIB) / hello.length)));
      await until('the close', () => !flood.isOpen);
      expect([flood.heard.get('error'), flood.error]).toEqual([1, 'bad-hello']);
    });
  });

  test.each([
    [
      'two hellos in one message',
      (node: RawNode, flood: FloodDial) => repeat(encodeHello(node, flood.nonce ?? '0x'), 2),
    ],
    ['a text', () => 'hello'],
    ['anything else', () => encodeJsonFrame('state', { models: [], slots: 1, paused: null })],
    ['a message too long for a hello', () => encodeFrame('hello', { payload: new Uint8Array(5000) })],
  ])('and says %s is closed', async (_what, make) => {
    const node = await enrol();
    const flood = await new FloodDial(stack, node.id).settled();
    flood.send(make(node, flood));
    await until('the close', () => !flood.isOpen);
    expect([flood.error, flood.heard.get('welcome')]).toEqual(['bad-hello', undefined]);
  });

  test('and dials in a home’s name, again and again, neither disturbs it nor keeps it from dialling in', async () => {
    const home = await RawNode.join(stack, owner);
    await beside(async () => {
      const dials = Array.from({ length: 60 }, () => new FloodDial(stack, home.id, { from: '203.0.113.9' }));
      await Promise.all(dials.map((dial) => dial.settled()));
      await until(
        'most of them to be closed',
        () => dials.filter(({ isOpen }) => isOpen).length <= MAX_UNPROVEN_OF_PAIR,
      );
      expect(home.isOpen).toBe(true);
      expect(home.heard.filter(({ name }) => name === 'sync')).toEqual([]);
      await home.close();
      await home.connect();
      for (const dial of dials) dial.end();
    });
  });
});

describe('a home that floods', () => {
  test('with states is sent away, and may come back when its time is over', async () => {
    const node = await enrol();
    const speeds = {
      promptTokensPerS: 10,
      decodeTokensPerS: 10,
      quantisation: 'q',
      resume: 'none',
      contextTokens: 1000,
    };
    const models = Array.from({ length: 20 }, (_, i) => ({ name: `m${i}`, digest: RAW_DIGEST, ...speeds }));
    await beside(async () => {
      const flood = await enter(node);
      for (let i = 0; i < 5000; i++) flood.send(encodeJsonFrame('state', { models, slots: 1 + (i % 5), paused: null }));
      await expectSentAway(flood);
      expect((await new FloodDial(stack, node.id).settled()).status).toBe(429);
    });
    await until('the way back', async () => {
      const again = await new FloodDial(stack, node.id).settled();
      if (again.status === null) return (await again.enter(node)).heard.has('welcome');
      await new Promise((wake) => setTimeout(wake, 200));
      return false;
    });
  });

  test('with frames that nobody knows hears of some, then of none, and is sent away', async () => {
    const node = await enrol();
    await beside(async () => {
      const flood = await enter(node);
      const unknown = encodeFrame('alive', {});
      unknown[0] = 200;
      for (let i = 0; i < 20; i++) flood.send(repeat(unknown, 500));
      await expectSentAway(flood);
      expect(flood.heard.get('error')).toBeLessThan(300);
    });
  });

  test.each([
    ['more frames than a message may hold', () => repeat(encodeFrame('alive', {}), 50_000), 60],
    ['lists of jobs that nobody asked for', () => encodeRunning(), 60],
    ['errors about errors', () => repeat(encodeJsonFrame('error', { code: 'no', message: 'no' }), 1000), 100],
    [
      'bytes of an answer that nobody asked for',
      () => encodeFrame('data', { job: 7, payload: new Uint8Array(MIB / 2) }),
      60,
    ],
    ['texts', () => 'x'.repeat(10_000), 400],
  ])('with %s is sent away, and is not answered for each', async (_what, make, times) => {
    const node = await enrol();
    const message = make();
    await beside(async () => {
      const flood = await enter(node);
      for (let i = 0; i < times; i++) flood.send(message);
      await expectSentAway(flood);
      expect(flood.heard.get('cancel')).toBeUndefined();
      expect(flood.heard.get('error')).toBeLessThan(300);
    });
  });

  test('with receipts that it makes up is sent away, and its account was asked of a few', async () => {
    const node = await enrol();
    await beside(async () => {
      const flood = await enter(node);
      const startedAt = performance.now();
      for (let i = 0; i < 4000; i++) flood.send(encodeLate(node, i));
      await expectSentAway(flood);
      // Each costs 24 points or more: as many as a home may have at once, and as come to it while a busy machine reads.
      const refilledS = (performance.now() - startedAt) / 1000;
      expect(flood.heard.get('accepted') ?? 0).toBeLessThan(500 + (HOME_POINTS.perS / 24) * refilledS);
    });
  });

  test('with one message of more than may be sent at once is sent away', async () => {
    const node = await enrol();
    const flood = await enter(node);
    flood.send(encodeFrame('state', { payload: new Uint8Array(1.5 * MIB) }));
    await expectSentAway(flood);
    expect((await new FloodDial(stack, node.id).settled()).status).toBe(429);
  });

  test('by dialling in anew all the time is sent away', async () => {
    const node = await enrol();
    await until('the end of its patience', async () => {
      const dial = await new FloodDial(stack, node.id).settled();
      if (dial.status === null) await dial.enter(node);
      const isOver = dial.status === 429 || dial.error === 'too-much';
      dial.end();
      return isOver;
    });
    expect((await new FloodDial(stack, node.id).settled()).status).toBe(429);
  });
});

function encodeRunning(): Uint8Array {
  const jobs = Array.from({ length: 500 }, (_, i) => ({ job: i + 1, ticketHash: `0x${'00'.repeat(32)}` }));
  return encodeJsonFrame('running', { jobs });
}

function encodeLate({ address: node }: RawNode, number: number): Uint8Array {
  const signature = `0x${'11'.repeat(64)}1b`;
  const ticket = toMessageJson(sampleTicket({ node, expiresAtMs: BigInt(number) }));
  const receipt = toMessageJson(sampleReceipt({ ticketHash: `0x${'ab'.repeat(32)}`, node }));
  return encodeJsonFrame('receipt', { ticket, ticketSignature: signature, receipt, signature });
}

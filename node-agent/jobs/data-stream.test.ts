import { createHash } from 'node:crypto';
import { expect, describe, test } from 'vitest';
import { makeChunkWriter } from '../../schema/chunks.ts';
import { readChunks } from '../../schema/read-chunks.ts';
import type { CallText } from '../../schema/joined-calls.ts';
import { JoinedCalls } from '../../schema/joined-calls.ts';
import { decodeFrames, readData } from '../../schema/frames.ts';
import { toHex } from '../../schema/bytes.ts';
import { FrameWriter } from './frame-writer.ts';
import { chooseStreamRule, WHOLE_ANSWER_RULE } from './coalesce.ts';
import type { CoalesceRule } from './coalesce.ts';
import type { SendLeave } from './unsealed-jobs.ts';
import { DataStream } from './data-stream.ts';
import { FlushClock } from './flush-clock.ts';

const SALT = new Uint8Array(32).fill(1);

interface Setup {
  readonly stream: DataStream;
  readonly sink: { bufferedAmount: number };
  /** Frames that left: tokens, ids and text. */
  readonly frames: () => {
    tokens: number;
    isThinking: boolean;
    isCalls: boolean;
    calls: readonly CallText[];
    ids: number[] | null;
    text: string;
    thinking: string;
    bytes: Uint8Array;
  }[];
}

function setUp(
  options: {
    rule?: CoalesceRule;
    creditBytes?: number;
    isContinued?: boolean;
    leave?: Pick<SendLeave, 'allows' | 'note'>;
  } = {},
): Setup {
  const messages: Uint8Array[] = [];
  const sink = { bufferedAmount: 0, send: (message: Uint8Array) => void messages.push(message) };
  const writer = new FrameWriter(sink, () => stream.grant(0));
  const stream: DataStream = new DataStream({
    job: 1,
    events: makeChunkWriter({ id: 'c', created: 1, model: 'm' }, options.isContinued),
    creditBytes: options.creditBytes ?? 1_000_000,
    salt: SALT,
    rule: options.rule ?? chooseStreamRule(0),
    leave: options.leave ?? { allows: () => false, note: () => undefined },
    writer,
    clock: new FlushClock(0),
  });
  const frames: Setup['frames'] = () => {
    writer.flush();
    return messages.flatMap((message) => {
      const decoded = decodeFrames(message);
      if (!decoded.ok) throw new Error(decoded.error.message);
      return decoded.value.map((frame) => {
        const data = readData(frame);
        if (!data.ok) throw new Error(data.error.message);
        return {
          tokens: frame.tokens,
          ids: data.value.tokenIds,
          isThinking: data.value.isThinking,
          isCalls: data.value.isCalls,
          ...readChunks(Buffer.from(data.value.events).toString()),
          bytes: data.value.events,
        };
      });
    });
  };
  return { stream, sink, frames };
}

describe('DataStream', () => {
  test('nothing leaves before the ticket holds', () => {
    const { stream, frames } = setUp();
    void stream.push({ text: 'a', tokens: 1 });
    expect(frames()).toEqual([]);
    stream.open();
    expect(frames().map((frame) => frame.text)).toEqual(['a']);
  });

  test('the hash covers the salt and every event byte sent, ids left out', () => {
    const { stream, frames } = setUp();
    stream.open();
    for (let i = 0; i < 500; i++) void stream.push({ text: `é${i} `, tokens: 1, tokenIds: [i] });
    const sent = frames();
    const hash = createHash('sha256').update(SALT);
    for (const frame of sent) hash.update(frame.bytes);
    expect(sent.map((frame) => frame.ids?.[0])).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(stream.sentTokens).toBe(500);
    expect(stream.finishHash()).toBe(toHex(hash.digest()));
  });

  test('the first event carries the role, unless the answer is continued', () => {
    for (const isContinued of [false, true]) {
      const { stream, frames } = setUp({ isContinued });
      stream.open();
      void stream.push({ text: 'a', tokens: 1 });
      expect(Buffer.from(frames()[0]!.bytes).toString().includes('"role":"assistant"')).toBe(!isContinued);
    }
  });

  test('credit is never overdrawn by a byte, and the backend waits for more', async () => {
    const { stream, frames } = setUp({ creditBytes: 10_000 });
    stream.open();
    let wait: void | Promise<void> = undefined;
    let pushed = 0;
    while (!wait && pushed < 10_000) {
      wait = stream.push({ text: 'word ', tokens: 1 });
      pushed += 1;
    }
    expect(wait).toBeInstanceOf(Promise);
    expect(stream.sentBytes).toBeLessThanOrEqual(10_000);
    expect(stream.sentBytes).toBeGreaterThan(9500);
    stream.grant(1_000_000);
    await wait;
    expect(stream.sentTokens).toBe(pushed);
    expect(frames().reduce((sum, frame) => sum + frame.tokens, 0)).toBe(pushed);
  });

  test('a full socket makes the backend wait too', async () => {
    const { stream, sink } = setUp();
    stream.open();
    sink.bufferedAmount = 10_000_000;
    let wait: void | Promise<void> = undefined;
    for (let i = 0; i < 1000 && !wait; i++) wait = stream.push({ text: 'word '.repeat(50), tokens: 50 });
    expect(wait).toBeInstanceOf(Promise);
    expect(stream.sentBytes).toBe(0);
    sink.bufferedAmount = 0;
    await wait;
    expect(stream.sentBytes).toBeGreaterThan(0);
  });

  test('a stop drops what waits, frees whoever waits, and nothing leaves after it', async () => {
    const { stream, frames } = setUp({ creditBytes: 300 });
    stream.open();
    let wait: void | Promise<void> = undefined;
    while (!wait) wait = stream.push({ text: 'word ', tokens: 1 });
    const drained = stream.drain();
    const before = frames().length;
    stream.stop();
    await Promise.all([wait, drained]);
    expect(stream.hasDropped).toBe(true);
    stream.grant(1_000_000);
    expect(stream.push({ text: 'late', tokens: 1 })).toBeUndefined();
    expect(frames().length).toBe(before);
  });

  test('drain sends the rest, as credit allows', async () => {
    const { stream, frames } = setUp({ rule: { ...WHOLE_ANSWER_RULE, isMerged: false }, creditBytes: 500 });
    stream.open();
    for (let i = 0; i < 20; i++) void stream.push({ text: 'word ', tokens: 1 });
    expect(frames()).toEqual([]);
    const drained = stream.drain();
    expect(stream.sentTokens).toBeGreaterThan(0);
    expect(stream.sentTokens).toBeLessThan(20);
    stream.grant(100_000);
    await drained;
    expect(stream.sentTokens).toBe(20);
    expect(stream.hasDropped).toBe(false);
  });

  test('of a whole answer the pieces that wait together leave as one event of each kind, with all their tokens', async () => {
    const { stream, frames } = setUp({ rule: WHOLE_ANSWER_RULE });
    stream.open();
    for (const [i, text] of ['H', 'm'].entries()) void stream.push({ text, tokens: 1, tokenIds: [i], thinking: true });
    void stream.push({ text: 'Two', tokens: 2, tokenIds: [5, 6] });
    void stream.push({ text: ' words', tokens: 1, tokenIds: [7] });
    await stream.drain();
    const writer = makeChunkWriter({ id: 'c', created: 1, model: 'm' });
    expect(frames().map(({ ids, bytes }) => [ids, Buffer.from(bytes).toString()])).toEqual([
      [[0, 1], writer.thinking('Hm')],
      [[5, 6, 7], writer.content('Two words')],
    ]);
    expect(stream.sentTokens).toBe(5);
  });

  test('an event that did not fit its credit tells the role all the same, once', async () => {
    const { stream, frames } = setUp({ rule: WHOLE_ANSWER_RULE, creditBytes: 10 });
    stream.open();
    void stream.push({ text: 'one', tokens: 1, tokenIds: [1] });
    const drained = stream.drain();
    void stream.push({ text: ' two', tokens: 1 });
    stream.grant(10_000);
    await drained;
    const writer = makeChunkWriter({ id: 'c', created: 1, model: 'm' });
    const sent = frames();
    expect(sent.map(({ bytes }) => Buffer.from(bytes).toString()).join('')).toBe(
      writer.content('one') + writer.content(' two'),
    );
    expect(sent.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(2);
  });

  test('a long whole answer leaves in events and frames that the hub takes', async () => {
    const { stream, frames } = setUp({ rule: WHOLE_ANSWER_RULE });
    stream.open();
    const pieces = Array.from({ length: 4000 }, () => '\u0001'.repeat(20));
    for (const text of pieces) void stream.push({ text, tokens: 1 });
    await stream.drain();
    const sent = frames();
    expect(sent.map(({ text }) => text).join('')).toBe(pieces.join(''));
    expect(Math.max(...sent.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(64 * 1024);
    expect(stream.sentTokens).toBe(4000);
  });

  test('tokens without text count with the next event and make no empty frame', () => {
    const { stream, frames } = setUp();
    stream.open();
    void stream.push({ text: '', tokens: 1, tokenIds: [5] });
    void stream.push({ text: '', tokens: 1, tokenIds: [6] });
    void stream.push({ text: '漢', tokens: 1, tokenIds: [7] });
    void stream.push({ text: '', tokens: 1, tokenIds: [8] });
    expect(frames().map(({ tokens, ids, text }) => ({ tokens, ids, text }))).toEqual([
      { tokens: 3, ids: [5, 6, 7], text: '漢' },
    ]);
  });

  test('thinking and text leave in frames of their own, in their order, each flagged as what it is', () => {
    const { stream, frames } = setUp();
    void stream.push({ text: 'One.', tokens: 2 });
    void stream.push({ text: 'h', tokens: 1, thinking: true });
    void stream.push({ text: 'm', tokens: 1, thinking: true });
    void stream.push({ text: ' Two.', tokens: 3 });
    stream.open();
    expect(frames().map(({ tokens, isThinking, text, thinking }) => ({ tokens, isThinking, text, thinking }))).toEqual([
      { tokens: 2, isThinking: false, text: 'One.', thinking: '' },
      { tokens: 2, isThinking: true, text: '', thinking: 'hm' },
      { tokens: 3, isThinking: false, text: ' Two.', thinking: '' },
    ]);
    expect(stream.sentTokens).toBe(7);
  });

  test.each([true, false])(
    'calls leave in frames of their own, each beginning once, read along or not: %s',
    async (isRead) => {
      const { stream, frames } = setUp(isRead ? {} : { rule: WHOLE_ANSWER_RULE });
      const begun = (index: number) => ({ index, begun: { id: `call_${index}`, name: 'add' } });
      void stream.push({ text: 'So.', tokens: 1 });
      void stream.push({ text: '', tokens: 1, call: begun(0) });
      void stream.push({ text: '{"a"', tokens: 2, call: { index: 0 } });
      void stream.push({ text: ':1}', tokens: 1, call: { index: 0 } });
      void stream.push({ text: '{}', tokens: 2, call: begun(1) });
      stream.open();
      await stream.drain();
      expect(frames().map(({ isCalls, tokens, text }) => [isCalls, tokens, text])).toEqual([
        [false, 1, 'So.'],
        [true, 6, ''],
      ]);
      const joined = new JoinedCalls();
      const calls = frames().flatMap((frame) => frame.calls);
      joined.add(calls);
      expect(joined.join()).toEqual([
        { id: 'call_0', name: 'add', arguments: '{"a":1}' },
        { id: 'call_1', name: 'add', arguments: '{}' },
      ]);
      expect(calls).toHaveLength(isRead ? 4 : 2);
    },
  );

  test('long arguments are cut into pieces of one call, and long thinking stays within a frame though it is written twice', async () => {
    const { stream, frames } = setUp({ creditBytes: 100_000_000 });
    stream.open();
    const text = '\u0001'.repeat(30_000);
    void stream.push({ text, tokens: 9, thinking: true });
    void stream.push({ text, tokens: 9, call: { index: 0, begun: { id: 'call_1', name: 'add' } } });
    await stream.drain();
    const calls = frames().flatMap((frame) => frame.calls);
    expect(calls.filter(({ name }) => name !== null)).toHaveLength(1);
    expect(calls.map((call) => call.arguments).join('')).toBe(text);
    expect(Math.max(...frames().map((frame) => frame.bytes.length))).toBeLessThanOrEqual(64 * 1024);
  });

  test('long thinking is cut into pieces that are all thinking', async () => {
    const { stream, frames } = setUp({ creditBytes: 100_000_000 });
    stream.open();
    void stream.push({ text: 'hm '.repeat(50_000), tokens: 9, thinking: true });
    await stream.drain();
    expect(frames().every(({ isThinking, text }) => isThinking && text === '')).toBe(true);
    expect(
      frames()
        .map(({ thinking }) => thinking)
        .join(''),
    ).toBe('hm '.repeat(50_000));
    expect(stream.sentTokens).toBe(9);
  });

  test('a long text becomes events and frames of bounded size with its tokens counted once', async () => {
    const text = '漢字\u0001'.repeat(100_000);
    const { stream, frames } = setUp({ creditBytes: 100_000_000 });
    stream.open();
    void stream.push({ text, tokens: 1234 });
    await stream.drain();
    expect(
      frames()
        .map((frame) => frame.text)
        .join(''),
    ).toBe(text);
    expect(Math.max(...frames().map((frame) => frame.bytes.length))).toBeLessThanOrEqual(64 * 1024);
    expect(frames().reduce((sum, frame) => sum + frame.tokens, 0)).toBe(1234);
  });
});

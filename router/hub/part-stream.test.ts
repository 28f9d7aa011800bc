import { describe, expect, test } from 'vitest';
import { PartStream } from './part-stream.ts';
import { COMMENT_LINE } from '../../schema/chunks.ts';
import type { DataPiece } from '../../schema/records.ts';
import { ToldReader } from '../../schema/told-events.ts';
import type { ToldPiece } from '../../schema/told-events.ts';

const STEP = 64 * 1024;
const EMPTY = Uint8Array.of(101);
const LAST = Uint8Array.of(201, 202);

function open({ isTold = false, isWhole = false } = {}) {
  const credits: number[] = [];
  const cancels: string[] = [];
  const doors = {
    onCredit: (bytes: number) => void credits.push(bytes),
    onCancel: () => void cancels.push('cancel'),
    empty: EMPTY,
    isTold,
    isWhole,
  };
  const stream = new PartStream(doors, 0);
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  /** The next chunk; `end` at the end. */
  const read = async (): Promise<Uint8Array | 'end'> => {
    reader ??= stream.body.getReader();
    const { value } = await reader.read();
    return value ?? 'end';
  };
  const push = (...parts: Uint8Array[]): void => {
    for (const part of parts) stream.push(pieceOf(part));
    stream.flush(0);
  };
  return { stream, credits, cancels, read, push, cancel: () => (reader ?? stream.body).cancel() };
}

const pieceOf = (events: Uint8Array): DataPiece => ({ events, tokens: 1, tokenIds: null });

/** Lets everything that is due in this turn happen. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(1);
const isPending = async (promise: Promise<unknown>): Promise<boolean> =>
  (await Promise.race([promise.then(() => 'done'), settle().then(() => 'pending')])) === 'pending';

describe('PartStream', () => {
  test('nothing is written while the edge does not read', async () => {
    const { stream, push, credits } = open();
    push(bytes(10));
    push(bytes(20));
    await settle();
    expect(stream.isStalled).toBe(true);
    expect(credits).toEqual([]);
  });

  test('what waits leaves as one write when the edge reads, as it came', async () => {
    const { stream, push, read } = open();
    push(Uint8Array.of(1));
    push(Uint8Array.of(2), Uint8Array.of(3));
    expect(await read()).toEqual(Uint8Array.of(1, 2, 3));
    expect(stream.isStalled).toBe(false);
  });

  test('one read takes one write: what comes after waits for the next read', async () => {
    const { stream, push, read } = open();
    const first = read();
    await settle();
    push(bytes(5));
    push(bytes(6));
    expect(await first).toEqual(bytes(5));
    await settle();
    expect(stream.isStalled).toBe(true);
    expect(await read()).toEqual(bytes(6));
  });

  test('chunks pushed without a flush stay until the flush', async () => {
    const { stream, read } = open();
    const first = read();
    await settle();
    stream.push(pieceOf(bytes(1)));
    stream.push(pieceOf(bytes(2)));
    expect(await isPending(first)).toBe(true);
    stream.flush(0);
    expect(await first).toEqual(bytes(3));
  });

  test('credit is granted for bytes that were read, in steps', async () => {
    const { push, read, credits } = open();
    push(bytes(STEP - 1));
    await settle();
    expect(credits).toEqual([]);
    await read();
    expect(credits).toEqual([]);
    push(bytes(1));
    await read();
    expect(credits).toEqual([STEP]);
    push(bytes(2 * STEP), bytes(5));
    await read();
    expect(credits).toEqual([STEP, 2 * STEP + 5]);
  });

  test('all credit granted is never more than all bytes read', async () => {
    const { push, read, credits } = open();
    let sent = 0;
    for (let i = 1; i <= 40; i++) {
      push(bytes(i * 1000));
      sent += i * 1000;
      await read();
      const granted = credits.reduce((sum, credit) => sum + credit, 0);
      expect(granted).toBeLessThanOrEqual(sent);
      expect(sent - granted).toBeLessThan(STEP);
    }
  });

  test('a long queue leaves in writes of about a megabyte', async () => {
    const { stream, push, read } = open();
    push(...Array.from({ length: 24 }, () => bytes(128 * 1024)));
    stream.end(null);
    const sizes: number[] = [];
    for (let chunk = await read(); chunk !== 'end'; chunk = await read()) sizes.push(chunk.length);
    expect(sizes).toEqual([1024 * 1024, 1024 * 1024, 1024 * 1024]);
  });

  test('the last events come after everything queued, and close', async () => {
    const { stream, push, read } = open();
    push(bytes(3));
    stream.end(LAST);
    await settle();
    expect(await read()).toEqual(bytes(3));
    expect(await read()).toEqual(LAST);
    expect(await read()).toBe('end');
  });

  test('a part that broke off ends without a word', async () => {
    const { stream, push, read } = open();
    push(bytes(3));
    stream.end(null);
    expect(await read()).toEqual(bytes(3));
    expect(await read()).toBe('end');
  });

  test('an end reaches an edge that is already waiting', async () => {
    const { stream, read } = open();
    const waiting = read();
    stream.end(LAST);
    expect(await waiting).toEqual(LAST);
    expect(await read()).toBe('end');
  });

  test('after the end nothing is taken any more', async () => {
    const { stream, push, read, cancels } = open();
    stream.end(LAST);
    push(bytes(9));
    expect(await read()).toEqual(LAST);
    expect(await read()).toBe('end');
    expect(cancels).toEqual([]);
    expect(stream.isOpen).toBe(false);
  });

  test('an edge that goes away is told once, and the queue is dropped', async () => {
    const { stream, push, cancel, cancels, credits } = open();
    push(bytes(STEP));
    await cancel();
    expect(cancels).toEqual(['cancel']);
    expect(stream.isStalled).toBe(false);
    push(bytes(STEP));
    stream.end(LAST);
    await settle();
    expect(credits).toEqual([]);
    expect(cancels).toEqual(['cancel']);
  });

  test('an edge that goes away while the end waits behind the queue is told', async () => {
    const { stream, push, cancel, cancels } = open();
    push(bytes(1));
    stream.end(LAST);
    await cancel();
    expect(cancels).toEqual(['cancel']);
  });
});

describe('an edge that took the last write at once', () => {
  const UNASKED = 16 * 1024;

  const openTaken = async () => {
    const opened = open();
    const first = opened.read();
    await settle();
    opened.push(bytes(1));
    await first;
    return opened;
  };

  test('is given the next one though it has not asked, and more only once it took that', async () => {
    const { stream, push, read, credits } = await openTaken();
    push(bytes(UNASKED));
    push(Uint8Array.of(7));
    push(Uint8Array.of(8));
    await settle();
    expect(stream.isStalled).toBe(true);
    expect(credits).toEqual([]);
    expect(await read()).toEqual(bytes(UNASKED));
    expect(await read()).toEqual(Uint8Array.of(7, 8));
    expect(stream.isStalled).toBe(false);
  });

  test('has to ask for much, so that what is granted is little ahead of what was read', async () => {
    const { stream, push, read, credits } = await openTaken();
    push(bytes(STEP));
    await settle();
    expect(stream.isStalled).toBe(true);
    expect(credits).toEqual([]);
    expect(await read()).toEqual(bytes(STEP));
    expect(credits).toEqual([STEP + 1]);
  });

  test('is written no line before it asks, and is none that does not read while nothing is there', async () => {
    const { stream, read } = await openTaken();
    stream.breathe(10_000);
    await settle();
    stream.breathe(10_250);
    expect(stream.isStalled).toBe(false);
    const next = read();
    expect(await isPending(next)).toBe(true);
    stream.breathe(10_500);
    expect(await next).toEqual(COMMENT_LINE);
  });

  test('gets everything in order, however it reads', async () => {
    const { push, read, stream } = open();
    const sent: number[] = [];
    const got: number[] = [];
    for (let i = 0; i < 200; i++) {
      const part = new Uint8Array(1 + ((i * 37) % 500)).fill(i);
      sent.push(...part);
      push(part);
      if (i % 3 !== 0) await settle();
      if (i % 7 < 4) got.push(...((await read()) as Uint8Array));
      if (i % 50 === 49) await settle();
      // A read that finds nothing would wait for ever.
      if (got.length === sent.length) {
        const next = read();
        sent.push(255);
        push(Uint8Array.of(255));
        got.push(...((await next) as Uint8Array));
      }
    }
    stream.end(null);
    for (let chunk = await read(); chunk !== 'end'; chunk = await read()) got.push(...chunk);
    expect(got).toEqual(sent);
  });
});

describe('in silence', () => {
  test('a line is written after a second at first and then after half of one, and an event that says nothing before the next one, be it the last', async () => {
    for (const isEnd of [false, true]) {
      const { stream, push, read } = open();
      const first = read();
      await settle();
      stream.breathe(999);
      expect(await isPending(first)).toBe(true);
      stream.breathe(1000);
      expect(await first).toEqual(COMMENT_LINE);
      const second = read();
      await settle();
      stream.breathe(1499);
      expect(await isPending(second)).toBe(true);
      stream.breathe(1500);
      expect(await second).toEqual(COMMENT_LINE);
      if (isEnd) stream.end(LAST);
      else push(Uint8Array.of(1));
      expect(await read()).toEqual(isEnd ? Uint8Array.of(101, 201, 202) : Uint8Array.of(101, 1));
    }
  });

  test('what was written lately needs none, and who does not read is written none', async () => {
    const { stream, push, read } = open();
    stream.breathe(10_000);
    const first = read();
    await settle();
    stream.push(pieceOf(bytes(1)));
    stream.flush(9_800);
    expect(await first).toEqual(bytes(1));
    const next = read();
    stream.breathe(10_000);
    push(bytes(2));
    expect(await next).toEqual(bytes(2));
  });
});

describe('a part whose home tells the ids of its tokens', () => {
  const readPieces = async ({ read }: ReturnType<typeof open>): Promise<ToldPiece[]> => {
    const chunk = await read();
    return chunk === 'end' ? [] : new ToldReader().push(chunk);
  };

  test('has them before each piece, of its text alone', async () => {
    const opened = open({ isTold: true });
    opened.stream.push({ events: Uint8Array.of(1), tokens: 1, tokenIds: [7], isThinking: true });
    opened.stream.push({ events: Uint8Array.of(2), tokens: 2, tokenIds: [8, 9] });
    opened.stream.flush(0);
    opened.stream.end(LAST);
    expect(await readPieces(opened)).toEqual([{ bytes: Uint8Array.of(1, 2), tokens: 2, tokenIds: [8, 9] }]);
    expect(await readPieces(opened)).toEqual([{ bytes: LAST, tokens: 0, tokenIds: [] }]);
  });

  test('and none where a frame had none', async () => {
    const opened = open({ isTold: true });
    opened.stream.push({ events: Uint8Array.of(1), tokens: 1, tokenIds: [7] });
    opened.stream.push(pieceOf(Uint8Array.of(2)));
    opened.stream.flush(0);
    expect(await readPieces(opened)).toEqual([{ bytes: Uint8Array.of(1, 2), tokens: 2, tokenIds: null }]);
  });
});

describe('a whole answer', () => {
  test('leaves with its last word in one write', async () => {
    const { stream, push, read } = open({ isWhole: true });
    const first = read();
    await settle();
    push(bytes(3));
    push(bytes(4));
    expect(await isPending(first)).toBe(true);
    stream.end(LAST);
    expect(await first).toEqual(Uint8Array.of(...bytes(7), ...LAST));
    expect(await read()).toBe('end');
  });

  test('that is long leaves in pieces of some 64 KB, so that nobody holds all of it', async () => {
    const { push, read, credits, stream } = open({ isWhole: true });
    const first = read();
    await settle();
    push(bytes(STEP - 1));
    expect(await isPending(first)).toBe(true);
    push(bytes(1));
    expect(await first).toEqual(bytes(STEP));
    expect(credits).toEqual([STEP]);
    stream.end(LAST);
    expect(await read()).toEqual(LAST);
  });

  test('has its lines in silence though some of it waits, and no event behind them', async () => {
    const { push, read, stream } = open({ isWhole: true });
    const first = read();
    await settle();
    push(bytes(3));
    stream.breathe(1000);
    expect(await first).toEqual(COMMENT_LINE);
    const rest = read();
    await settle();
    stream.end(LAST);
    expect(await rest).toEqual(Uint8Array.of(...bytes(3), ...LAST));
  });
});

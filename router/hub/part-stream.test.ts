import { describe, expect, test } from 'vitest';
import { PartStream } from './part-stream.ts';
import { encodeJsonRecord, readDataRecord, RECORD, RecordReader } from '../../schema/records.ts';
import type { DataPiece, PartRecord } from '../../schema/records.ts';
import { headRecord } from '../test/fake-hubs.ts';

const STEP = 64 * 1024;
const first = headRecord('n');
const endRecord = encodeJsonRecord(RECORD.fail, { code: 'lost', message: 'm', delivered: null });

function open() {
  const credits: number[] = [];
  const cancels: string[] = [];
  const stream = new PartStream({
    onCredit: (bytes) => void credits.push(bytes),
    onCancel: () => void cancels.push('cancel'),
  });
  const records = new RecordReader();
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  /** The records of the next chunk; `end` at the end. */
  const read = async (): Promise<PartRecord[] | 'end'> => {
    reader ??= stream.body.getReader();
    const { value } = await reader.read();
    return value ? records.push(value) : 'end';
  };
  const push = (...parts: Uint8Array[]): void => {
    for (const part of parts) stream.push(pieceOf(part));
    stream.flush();
  };
  return { stream, credits, cancels, read, push, cancel: () => (reader ?? stream.body).cancel() };
}

const pieceOf = (events: Uint8Array): DataPiece => ({ events, tokens: 1, tokenIds: null });

const eventsOf = (records: readonly PartRecord[] | 'end'): unknown =>
  records === 'end' ? 'end' : records.map((record) => readDataRecord(record).events);

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
    expect(stream.queuedBytes).toBe(30);
    expect(credits).toEqual([]);
  });

  test('what waits leaves as one record when the edge reads', async () => {
    const { stream, push, read } = open();
    push(Uint8Array.of(1));
    push(Uint8Array.of(2), Uint8Array.of(3));
    expect(eventsOf(await read())).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(stream.queuedBytes).toBe(0);
  });

  test('thinking and text leave as records of their own, in their order', async () => {
    const { stream, push, read } = open();
    for (const [byte, isThinking] of [
      [1, true],
      [2, true],
      [3, false],
      [4, true],
    ] as const)
      stream.push({ ...pieceOf(Uint8Array.of(byte)), isThinking });
    push(Uint8Array.of(5));
    const records = [await read(), await read(), await read(), await read()].flatMap((one) =>
      one === 'end' ? [] : one,
    );
    expect(records.map(({ kind }) => kind)).toEqual([RECORD.thinking, RECORD.data, RECORD.thinking, RECORD.data]);
    expect(eventsOf(records)).toEqual([[1, 2], [3], [4], [5]].map((one) => Uint8Array.from(one)));
    expect(stream.queuedBytes).toBe(0);
  });

  test('one read takes one record: what comes after waits for the next read', async () => {
    const { stream, push, read } = open();
    const first = read();
    await settle();
    push(bytes(5));
    push(bytes(6));
    expect(eventsOf(await first)).toEqual([bytes(5)]);
    await settle();
    expect(stream.queuedBytes).toBe(6);
    expect(eventsOf(await read())).toEqual([bytes(6)]);
  });

  test('chunks pushed without a flush stay until the flush', async () => {
    const { stream, read } = open();
    const first = read();
    await settle();
    stream.push(pieceOf(bytes(1)));
    stream.push(pieceOf(bytes(2)));
    expect(await isPending(first)).toBe(true);
    stream.flush();
    expect(eventsOf(await first)).toEqual([bytes(3)]);
  });

  test('the head goes ahead of everything queued', async () => {
    const { stream, push, read } = open();
    push(bytes(1));
    stream.pushRecord(first);
    expect(await read()).toMatchObject([{ kind: RECORD.head }]);
    expect(await read()).toMatchObject([{ kind: RECORD.data }]);
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

  test('a long queue leaves in records of about a megabyte', async () => {
    const { stream, push, read } = open();
    push(...Array.from({ length: 24 }, () => bytes(128 * 1024)));
    const sizes: number[] = [];
    while (stream.queuedBytes > 0) {
      const records = await read();
      sizes.push(records === 'end' ? 0 : records[0]!.payload.length);
    }
    expect(sizes).toEqual(Array.from({ length: 3 }, () => 8 + 1024 * 1024));
  });

  test('the end comes after everything queued, and closes', async () => {
    const { stream, push, read } = open();
    push(bytes(3));
    stream.end(endRecord);
    await settle();
    expect(stream.queuedBytes).toBe(3);
    expect(await read()).toMatchObject([{ kind: RECORD.data }]);
    expect(await read()).toMatchObject([{ kind: RECORD.fail }]);
    expect(await read()).toBe('end');
  });

  test('an end reaches an edge that is already waiting', async () => {
    const { stream, read } = open();
    const waiting = read();
    stream.end(endRecord);
    expect(await waiting).toMatchObject([{ kind: RECORD.fail }]);
    expect(await read()).toBe('end');
  });

  test('after the end nothing is taken any more', async () => {
    const { stream, push, read, cancels } = open();
    stream.end(endRecord);
    push(bytes(9));
    expect(stream.queuedBytes).toBe(0);
    await read();
    expect(await read()).toBe('end');
    expect(cancels).toEqual([]);
  });

  test('an edge that goes away is told once, and the queue is dropped', async () => {
    const { stream, push, cancel, cancels, credits } = open();
    push(bytes(STEP));
    await cancel();
    expect(cancels).toEqual(['cancel']);
    expect(stream.queuedBytes).toBe(0);
    push(bytes(STEP));
    stream.end(endRecord);
    await settle();
    expect(stream.queuedBytes).toBe(0);
    expect(credits).toEqual([]);
    expect(cancels).toEqual(['cancel']);
  });

  test('an edge that goes away while the end waits behind the queue is told', async () => {
    const { stream, push, cancel, cancels } = open();
    push(bytes(1));
    stream.end(endRecord);
    await cancel();
    expect(cancels).toEqual(['cancel']);
  });
});

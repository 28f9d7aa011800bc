// One part at its edge: what is passed on, what is kept, and what becomes of it where its hub or its caller goes away.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { encodeLastEvents } from '../../schema/answers.ts';
import { COMMENT_LINE, makeChunkWriter } from '../../schema/chunks.ts';
import type { FinalFacts } from '../../schema/chunks.ts';
import { TOLD_TYPE } from '../../schema/offer.ts';
import { encodeLastWord } from '../../schema/records.ts';
import type { FailRecord, PartTold } from '../../schema/records.ts';
import { encodeTold } from '../../schema/told-events.ts';
import { DECISION, END } from '../test/fake-hubs.ts';
import { CallClock } from './call-clock.ts';
import { MAX_KEPT_BYTES } from './part-body.ts';
import { PartRun } from './part-run.ts';

const chunk = { id: 'c', created: 1, model: 'm' };
const writer = makeChunkWriter(chunk, true);
const encode = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));
const event = (text: string): Uint8Array<ArrayBuffer> => encode(writer.content(text));
const LAST = encodeLastEvents('chat', chunk, {
  finish: 'stop',
  counts: { promptTokens: 1, outputTokens: 2, thinkingTokens: 0 },
  facts: { output_tokens: 2 } as FinalFacts,
  includeUsage: false,
  role: false,
  isEmpty: false,
});
const LOST = { code: 'lost', message: 'the connection to the home broke', delivered: null } as const;
const fail: FailRecord = { code: 'preempted', message: 'taken back', delivered: null };
const counts = { outputTokens: 5, thinkingTokens: 1, hasText: true, hasThinking: false };

afterEach(() => void vi.useRealTimers());

/** In Node a copy loses what nobody has looked at when its source breaks; on the platform it does not (`router/test/resume.test.ts` holds that). */
async function look(part: PartRun): Promise<void> {
  for (let i = 0; i < 12; i++) {
    part.look();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A part whose hub writes when it is told to. */
function open({ tell = async () => null, type = 'text/event-stream', isWhole = false }: Partial<Opening> = {}) {
  let hub: ReadableByteStreamController | undefined;
  const isCancelled = vi.fn();
  const body = new ReadableStream({
    type: 'bytes',
    start: (controller) => void (hub = controller),
    cancel: () => isCancelled(),
  });
  const cancel = vi.fn();
  const tellPart = vi.fn(tell);
  const head = { node: 'n1', country: 'FR', digest: 'd', decision: DECISION, resumed: null };
  const part = new PartRun({
    taken: { hub: 'h1', head, body, type, owner: null, hasVoice: false, giveBack: vi.fn(), cancel },
    clock: new CallClock(),
    number: 3,
    kind: 'chat',
    chunk,
    isWhole,
    hubGraceMs: 5000,
    isResumable: true,
    about: { requestId: undefined, jobId: 'job_1' },
    tellPart,
    keep: () => true,
  });
  const read: Uint8Array[] = [];
  const pipe = () => part.pipe(new WritableStream({ write: (bytes) => void read.push(bytes.slice()) }));
  const write = (...parts: Uint8Array[]): void => parts.forEach((one) => hub?.enqueue(one.slice()));
  return {
    part,
    pipe,
    write,
    cancel,
    isCancelled,
    tellPart,
    close: () => hub?.close(),
    die: () => hub?.error(new Error('died')),
    readText: () => new TextDecoder().decode(new Uint8Array(read.flatMap((bytes) => [...bytes]))),
  };
}

interface Opening {
  readonly tell: (hub: string, part: number) => Promise<PartTold | null>;
  readonly type: string;
  readonly isWhole: boolean;
}

describe('a part that ends well', () => {
  test('is passed on byte for byte, and its hub is asked nothing', async () => {
    const { part, pipe, write, close, readText, tellPart } = open();
    write(event('a'));
    expect(await part.begin()).toBe(true);
    expect(part.beginsWithEvent).toBe(true);
    const rest = pipe();
    write(COMMENT_LINE, event('b'), LAST);
    close();
    expect(await rest).toEqual({ missing: new Uint8Array(0), isSilent: false });
    expect(readText()).toBe(writer.content('a') + ': irori\n' + writer.content('b') + new TextDecoder().decode(LAST));
    expect(await part.conclude()).toEqual({ kind: 'ended', outputTokens: 2 });
    expect(tellPart).not.toHaveBeenCalled();
  });

  test('and was too long to be kept is asked for', async () => {
    const { part, pipe, write, close, readText, tellPart } = open({ tell: async () => ({ kind: 'end', end: END }) });
    write(event('a'));
    await part.begin();
    const rest = pipe();
    const long = event('x'.repeat(MAX_KEPT_BYTES));
    write(long, LAST);
    close();
    await rest;
    expect(readText()).toHaveLength(event('a').length + long.length + LAST.length);
    expect(await part.conclude()).toEqual({ kind: 'ended', outputTokens: null });
    expect(tellPart.mock.calls).toEqual([['h1', 3]]);
  });

  test('whose last events did not come, and whose hub knows that it ended, is the edge’s to end', async () => {
    const { part, pipe, write, die } = open({ tell: async () => ({ kind: 'end', end: END }) });
    write(event('a'));
    await part.begin();
    const rest = pipe();
    die();
    await rest;
    expect(await part.conclude()).toMatchObject({ kind: 'unsaid', end: END, delivered: { text: 'a' } });
  });
});

describe('a part that breaks off', () => {
  test('is told of by its hub, with what it counted', async () => {
    const { part, pipe, write, close } = open({ tell: async () => ({ kind: 'fail', fail, ...counts }) });
    write(event('a'));
    await part.begin();
    const rest = pipe();
    write(event('b'));
    close();
    await rest;
    expect(await part.conclude()).toMatchObject({
      kind: 'broke',
      fail,
      isTorn: false,
      delivered: { text: 'ab', outputTokens: 5, thinkingTokens: 1, tokenIds: null },
    });
  });

  test('with its hub in the middle of an event is made whole, and counted by its events', async () => {
    const { part, pipe, write, die, readText } = open();
    write(event('a'));
    await part.begin();
    const rest = pipe();
    const cut = encode(writer.content('bcd').split('cd')[0] ?? '');
    write(cut);
    await look(part);
    die();
    const { missing } = await rest;
    expect(readText() + new TextDecoder().decode(missing)).toBe(writer.content('a') + writer.content('b'));
    expect(await part.conclude()).toMatchObject({
      kind: 'broke',
      fail: LOST,
      isTorn: false,
      delivered: { text: 'ab', outputTokens: 2, isTooLong: false },
    });
  });

  test('in the middle of a character is torn: what follows begins with a line of its own', async () => {
    const { part, pipe, write, die } = open();
    write(event('a'));
    await part.begin();
    const rest = pipe();
    const whole = event('火');
    write(whole.subarray(0, whole.indexOf(0xe7) + 1));
    await look(part);
    die();
    expect(new TextDecoder().decode((await rest).missing)).toBe('\n\n');
    expect(await part.conclude()).toMatchObject({ kind: 'broke', isTorn: true });
  });

  test('in the middle of a call is told as that, with what came of it: its caller has read some', async () => {
    const { part, pipe, write, die } = open();
    write(encode(writer.call({ index: 0, begun: { id: 'call_1', name: 'add' }, arguments: '{"a"' })));
    await part.begin();
    const rest = pipe();
    await look(part);
    die();
    await rest;
    const calls = [{ id: 'call_1', name: 'add', arguments: '{"a"' }];
    const delivered = { calls, isTooLong: false };
    expect(await part.conclude()).toMatchObject({ kind: 'broke', delivered, isTorn: false });
  });

  test('of which its hub counts nothing, of an answer in one piece, has given nothing, though some of it came', async () => {
    const none = { outputTokens: 0, thinkingTokens: 0, hasText: false, hasThinking: false, hasCalls: false };
    const { part, write } = open({ isWhole: true });
    write(event('So.'), encode(writer.call({ index: 0, begun: { id: 'call_1', name: 'add' }, arguments: '' })));
    write(encodeLastWord({ kind: 'fail', fail, ...none }));
    const delivered = { text: '', calls: [], hasText: false, outputTokens: 0 };
    expect(await part.conclude()).toMatchObject({ kind: 'broke', fail, delivered });
  });

  test('before its first byte has nothing for the caller', async () => {
    const told: PartTold = { kind: 'fail', fail, ...counts, outputTokens: 0, thinkingTokens: 0, hasText: false };
    const { part, close } = open({ tell: async () => told });
    close();
    expect(await part.begin()).toBe(false);
    expect(await part.conclude()).toMatchObject({ kind: 'broke', fail, delivered: { text: '', outputTokens: 0 } });
  });

  test('and was too long to be kept is out of reach where its hub is gone too', async () => {
    const { part, pipe, write, die } = open();
    write(event('a'));
    await part.begin();
    const rest = pipe();
    write(event('x'.repeat(MAX_KEPT_BYTES)));
    await look(part);
    die();
    await rest;
    expect(await part.conclude()).toMatchObject({ kind: 'broke', fail: LOST, delivered: { isTooLong: true } });
  });

  test('though its hub takes it for running is taken back from it', async () => {
    const { part, pipe, write, die, cancel } = open({ tell: async () => ({ kind: 'running' }) });
    write(event('a'));
    await part.begin();
    const rest = pipe();
    die();
    await rest;
    expect(await part.conclude()).toMatchObject({ kind: 'broke', fail: LOST });
    expect(cancel).toHaveBeenCalled();
  });

  test('with a hub that does not answer what became of it is lost after 5 s', async () => {
    vi.useFakeTimers();
    const { part, pipe, write, close } = open({ tell: () => new Promise(() => undefined) });
    write(event('a'));
    await part.begin();
    const rest = pipe();
    close();
    await vi.advanceTimersByTimeAsync(5000);
    await rest;
    expect(await part.conclude()).toMatchObject({ kind: 'broke', fail: LOST, delivered: { text: 'a' } });
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('the ids of a home that tells them are kept and taken out; a hub that dies takes none along', async () => {
  const { part, pipe, write, die, readText } = open({ type: TOLD_TYPE });
  write(encodeTold({ bytes: event('a'), tokens: 2, tokenIds: [7, 8] }));
  expect(await part.begin()).toBe(true);
  const rest = pipe();
  const half = encodeTold({ bytes: event('c'), tokens: 1, tokenIds: [10] });
  write(encodeTold({ bytes: event('b'), tokens: 1, tokenIds: [9] }), half.subarray(0, -3));
  await vi.waitFor(() => expect(readText()).toContain('"b"'));
  die();
  expect((await rest).missing).toHaveLength(0);
  expect(readText()).toBe(writer.content('a') + writer.content('b'));
  expect(await part.conclude()).toMatchObject({
    fail: LOST,
    delivered: { text: 'ab', tokenIds: [7, 8, 9], outputTokens: 3 },
  });
});

describe('a hub that hangs', () => {
  test('and says nothing for 5 s is left, though its body never ends', async () => {
    vi.useFakeTimers();
    const { part, pipe, write, cancel } = open();
    write(event('a'));
    await part.begin();
    const rest = pipe();
    await vi.advanceTimersByTimeAsync(4900);
    expect(cancel).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1200);
    await rest;
    expect(cancel).toHaveBeenCalled();
    expect(await part.conclude()).toMatchObject({ fail: LOST, delivered: { text: 'a' } });
  });

  test('is asked for a part that is not read along any more, every ten seconds', async () => {
    vi.useFakeTimers();
    const told: (PartTold | null)[] = [{ kind: 'running' }, null];
    const { part, pipe, write, cancel, tellPart } = open({ tell: async () => told.shift() ?? null });
    write(event('a'));
    await part.begin();
    const rest = pipe();
    write(event('x'.repeat(MAX_KEPT_BYTES)));
    await vi.advanceTimersByTimeAsync(19_000);
    expect(tellPart).toHaveBeenCalledTimes(1);
    expect(cancel).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(cancel).toHaveBeenCalled();
    await rest;
    expect(await part.conclude()).toMatchObject({ kind: 'broke', fail: LOST, delivered: { isTooLong: true } });
  });
});

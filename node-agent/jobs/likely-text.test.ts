// How likely its tokens were goes beside a text through all that may hold it back, join it or cut it, and leaves in the one form that hubs take.
import { describe, expect, test } from 'vitest';
import { formChunk, makeChunkWriter } from '../../schema/chunks.ts';
import { readChunks } from '../../schema/read-chunks.ts';
import { decodeFrames, readData } from '../../schema/frames.ts';
import { MAX_EVENT_LOGPROBS, readOwnLogprobs } from '../../schema/logprobs.ts';
import type { TokenLogprob } from '../../schema/logprobs.ts';
import type { Delta } from '../backends/backend.ts';
import { Continuation } from '../backends/continuation.ts';
import { joinSink } from '../backends/joined-sink.ts';
import { chooseStreamRule, WHOLE_ANSWER_RULE } from './coalesce.ts';
import type { CoalesceRule } from './coalesce.ts';
import { cutDelta } from './cut-delta.ts';
import { DataStream } from './data-stream.ts';
import { FlushClock } from './flush-clock.ts';
import { FrameWriter } from './frame-writer.ts';
import { HeldText } from './held-text.ts';

const head = { id: 'c', created: 1, model: 'm' };
const likely = (token: string, tops = 0): TokenLogprob => ({
  token,
  logprob: -0.5,
  bytes: [...Buffer.from(token)],
  top_logprobs: Array.from({ length: tops }, (_, i) => ({ token: `${token}${i}`, logprob: -1 - i, bytes: null })),
});
const word = (text: string, tops = 0): Delta => ({ text, tokens: 1, logprobs: [likely(text, tops)] });
const tokensOf = (deltas: readonly Delta[]): string[][] =>
  deltas.map(({ logprobs = [] }) => logprobs.map(({ token }) => token));

/** The events that leave for these pieces. */
async function send(deltas: readonly Delta[], rule: CoalesceRule): Promise<string[]> {
  const messages: Uint8Array[] = [];
  const sink = { bufferedAmount: 0, send: (message: Uint8Array) => void messages.push(message) };
  const clock = new FlushClock(0);
  const writer = new FrameWriter(sink, () => stream.grant(0));
  const stream: DataStream = new DataStream({
    job: 1,
    events: makeChunkWriter(head),
    creditBytes: 10_000_000,
    salt: new Uint8Array(32),
    rule,
    leave: { allows: () => true, note: () => undefined },
    writer,
    clock,
  });
  stream.open();
  for (const delta of deltas) void stream.push(delta);
  await stream.drain();
  writer.flush();
  clock.close();
  return messages.flatMap((message) => {
    const frames = decodeFrames(message);
    if (!frames.ok) throw new Error(frames.error.message);
    return frames.value.flatMap((frame) => {
      const data = readData(frame);
      if (!data.ok) throw new Error(data.error.message);
      return Buffer.from(data.value.events)
        .toString()
        .split(/(?<=\n\n)/);
    });
  });
}

const form = formChunk(head).logprobs;
const slotOf = (event: string): string =>
  event.slice(event.indexOf(form.before) + form.before.length, -form.after.length);

describe.each([
  ['for one who reads along', chooseStreamRule(0)],
  ['for one who waits for all of it', WHOLE_ANSWER_RULE],
])('an answer %s', (_, rule) => {
  test('leaves with each piece’s own, and with null where nothing was told; the first event tells the role', async () => {
    const events = await send([word('The '), word('fox', 3), { text: ' ran', tokens: 1 }, word('.')], rule);
    const all = readChunks(events.join(''));
    expect(all.text).toBe('The fox ran.');
    expect(all.logprobs?.map(({ token }) => token)).toEqual(['The ', 'fox', '.']);
    expect(events.map((event) => event.includes('"role"'))).toEqual([true, false, false, false]);
    expect(events.map((event) => readOwnLogprobs(slotOf(event), 3) !== null)).toEqual([true, true, false, true]);
    expect(slotOf(events[2]!)).toBe('null');
  });

  test('of pieces that came together leaves in events that each tell of no more tokens than one may', async () => {
    const tokens = Array.from({ length: 100 }, (_, i) => `w${i} `);
    const together = { text: tokens.join(''), tokens: 100, logprobs: tokens.map((one) => likely(one, 20)) };
    const events = await send([together], rule);
    const all = readChunks(events.join(''));
    expect(all.text).toBe(tokens.join(''));
    expect(all.logprobs?.map(({ token }) => token)).toEqual(tokens);
    for (const event of events) {
      const own = readOwnLogprobs(slotOf(event), 20);
      expect(own?.length).toBeLessThanOrEqual(MAX_EVENT_LOGPROBS);
      expect(own).not.toBeNull();
    }
  });

  test('keeps those of a token without text for the next', async () => {
    const events = await send([{ ...word(''), logprobs: [likely('\ufffd')] }, word('火')], rule);
    expect(readChunks(events.join('')).logprobs?.map(({ token }) => token)).toEqual(['\ufffd', '火']);
  });
});

describe('a text that is held back', () => {
  test('passes with its tokens’ own, once each', () => {
    const clock = new FlushClock(0);
    const passed: Delta[] = [];
    const push = (delta: Delta): void => void passed.push(delta);
    const none = (): void => undefined;
    const held = new HeldText({ stops: ['STOP'], windowMs: 60_000, clock, push, flush: none, onStop: none });
    for (const text of ['The', ' fo', 'x ', 'S', 'T', 'AR']) void held.push(word(text));
    void held.end();
    clock.close();
    expect(passed.map(({ text }) => text).join('')).toBe('The fox STAR');
    expect(tokensOf(passed).flat()).toEqual(['The', ' fo', 'x ', 'S', 'T', 'AR']);
  });

  test('of which a server repeats what it was given passes without the repeated', () => {
    const passed: Delta[] = [];
    const before = 'The quick brown fox, who had never once been late, '.repeat(3).trim();
    const joined = joinSink((delta) => void passed.push(delta), new Continuation(before, before, false));
    for (const text of [before, ' ran', '.']) void joined.sink(word(text));
    void joined.end();
    expect(passed.map(({ text }) => text).join('')).toBe(' ran.');
    expect(tokensOf(passed).flat()).toEqual([' ran', '.']);
  });

  test('is cut with as many as it has tokens left', () => {
    const delta: Delta = { text: 'abcd', tokens: 4, logprobs: ['a', 'b', 'c', 'd'].map((one) => likely(one)) };
    expect(tokensOf([cutDelta(delta, 2)!])).toEqual([['a', 'b']]);
    expect(cutDelta(delta, 4)).toBe(delta);
  });
});

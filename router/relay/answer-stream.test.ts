import { createParser } from 'eventsource-parser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ANSWERS } from '../../schema/answers.ts';
import { COMMENT_LINE, DONE_EVENT, encodeEmptyChunk, makeChunkWriter } from '../../schema/chunks.ts';
import type { FinalFacts } from '../../schema/chunks.ts';
import { DECISION, JOB_END } from '../test/fake-hubs.ts';
import type { JobEvent, JobFailure } from './job-doors.ts';
import type { JobRun } from './job-run.ts';
import { streamAnswer } from './answer-stream.ts';

const chunk = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm' };
const writer = makeChunkWriter(chunk, true);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const COMMENT = new TextDecoder().decode(COMMENT_LINE);
const EMPTY = new TextDecoder().decode(encodeEmptyChunk(chunk));
const DONE = new TextDecoder().decode(DONE_EVENT);

const head: JobEvent = {
  kind: 'head',
  head: { node: 'n1', country: 'FR', digest: 'd', decision: DECISION, resumed: null },
};
const data = (text: string): JobEvent => ({ kind: 'data', events: encode(writer.content(text)) });
const end: JobEvent = { kind: 'end', end: JOB_END };
const failed = (failure: JobFailure): JobEvent => ({ kind: 'failed', failure });

/** One event that is still to come. */
function makeSlot() {
  let resolve: (event: JobEvent) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<JobEvent>((give, fail) => {
    resolve = give;
    reject = fail;
  });
  return { promise, resolve, reject };
}

/** An answer whose run gives what it is fed, when it is fed. */
function open({ includeUsage = false } = {}) {
  const queue: ReturnType<typeof makeSlot>[] = [];
  const at = (i: number): ReturnType<typeof makeSlot> => (queue[i] ??= makeSlot());
  let asked = 0;
  let fed = 0;
  const next = vi.fn(() => at(asked++).promise);
  const abort = vi.fn();
  const onOver = vi.fn();
  const body = streamAnswer({
    run: { next, abort } as unknown as JobRun,
    format: ANSWERS.chat,
    chunk,
    includeUsage,
    first: next(),
    toFacts: ({ charge }) => ({ job: 'job_1', charge_micro: charge }) as FinalFacts,
    toError: (failure) => ({ message: failure.message, type: 'server_error', code: 'home_failed' }),
    onOver,
  });
  const reader = body.getReader();
  return {
    reader,
    next,
    abort,
    onOver,
    feed: (...events: JobEvent[]) => {
      for (const event of events) at(fed++).resolve(event);
    },
    breakRun: () => at(fed++).reject(new Error('bug')),
    read: async () => {
      const { value } = await reader.read();
      return value ? new TextDecoder().decode(value) : 'closed';
    },
  };
}

type Opened = ReturnType<typeof open>;

/** Every event and comment until the stream closes; the last events come as one write. */
async function readAll({ read }: Opened): Promise<string[]> {
  const events: string[] = [];
  for (let text = await read(); text !== 'closed'; text = await read()) events.push(...text.split(/(?<=\n\n|^:.*\n)/m));
  return events;
}

const toJson = (event: string | undefined): any => JSON.parse((event ?? '').slice('data: '.length));
/** Lets promises run while the clock stands still. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an answer', () => {
  test('the home’s bytes pass as they are, then finish with the facts, then [DONE]', async () => {
    const opened = open();
    opened.feed(head, data('a'), data('b'), end);
    const events = await readAll(opened);
    expect(events.slice(0, 2)).toEqual([writer.content('a'), writer.content('b')]);
    expect(toJson(events[2])).toEqual({
      ...chunk,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }],
      irori: { job: 'job_1', charge_micro: 7 },
    });
    expect(events.slice(3)).toEqual([DONE]);
    expect(opened.onOver.mock.calls).toEqual([[null]]);
    expect(opened.abort).not.toHaveBeenCalled();
  });

  test('an answer that was only thought ends with an empty content, and its usage tells what was spent on thinking', async () => {
    const opened = open({ includeUsage: true });
    const thought: JobEvent = { kind: 'data', events: encode(writer.thinking('Hm')), isThinking: true };
    opened.feed(head, thought, { kind: 'end', end: { ...JOB_END, finish: 'length', thinkingTokens: 2 } });
    const events = await readAll(opened);
    expect(events[0]).toBe(writer.thinking('Hm'));
    expect(toJson(events[1]).choices).toMatchObject([{ delta: { content: '' }, finish_reason: 'length' }]);
    expect(toJson(events[2]).usage).toMatchObject({ completion_tokens_details: { reasoning_tokens: 2 } });
  });

  test('with usage asked for, the facts stand in the usage chunk, which has no choices', async () => {
    const opened = open({ includeUsage: true });
    opened.feed(head, data('a'), end);
    const events = await readAll(opened);
    expect(toJson(events[1])).not.toHaveProperty('irori');
    expect(toJson(events[2])).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      irori: { job: 'job_1' },
    });
    expect(events[3]).toBe(DONE);
  });

  test('an empty answer still says who speaks', async () => {
    const opened = open();
    opened.feed(head, end);
    expect(toJson((await readAll(opened))[0]).choices[0]).toMatchObject({
      delta: { role: 'assistant', content: '' },
      finish_reason: 'stop',
    });
  });

  test('a second head, of the home that took over, is not seen', async () => {
    const opened = open();
    opened.feed(head, head, data('a'), end);
    expect((await readAll(opened))[0]).toBe(writer.content('a'));
  });
});

describe('a failure', () => {
  test('after the first byte is an error event and no [DONE]', async () => {
    const opened = open();
    const failure: JobFailure = { kind: 'broken', message: 'the home went away' };
    opened.feed(head, data('a'), failed(failure));
    const events = await readAll(opened);
    expect(events).toHaveLength(2);
    expect(toJson(events[1])).toMatchObject({
      error: { message: 'the home went away', type: 'server_error', code: 'home_failed', param: null },
      choices: [{ finish_reason: 'error' }],
    });
    expect(opened.onOver.mock.calls).toEqual([[failure]]);
  });

  test('before the first byte, where the stream was opened by comments, is one too', async () => {
    const opened = open();
    opened.feed(failed({ kind: 'no-home', message: 'none', isKnown: true }));
    const events = await readAll(opened);
    expect(events.map((event) => toJson(event).error.message)).toEqual(['none']);
  });

  test.each([0, 2])(
    'a bug after %d events ends the stream with an error, stops the home and is told once',
    async (count) => {
      const opened = open();
      opened.feed(...[head, data('a')].slice(0, count));
      opened.breakRun();
      const events = await readAll(opened);
      expect(toJson(events.at(-1)).error).toMatchObject({ message: 'the router failed' });
      expect(events).not.toContain(DONE);
      expect(opened.abort).toHaveBeenCalledTimes(1);
      expect(opened.onOver).toHaveBeenCalledTimes(1);
    },
  );
});

describe('silence', () => {
  test('is filled with comments about every half a second, before the first token and after', async () => {
    const opened = open();
    const events = readAll(opened);
    await vi.advanceTimersByTimeAsync(2_100);
    opened.feed(head, data('a'));
    await vi.advanceTimersByTimeAsync(1_200);
    opened.feed(end);
    await settle();
    const kinds = (await events).map((event) => (event === COMMENT ? 'comment' : event === EMPTY ? 'empty' : 'event'));
    const before = 'comment comment comment comment empty event';
    expect(kinds.join(' ')).toBe(`${before} comment comment empty event event`);
  });

  test('is not filled while tokens flow', async () => {
    const opened = open();
    const events = readAll(opened);
    opened.feed(head);
    for (let i = 0; i < 10; i++) {
      opened.feed(data('a'));
      await vi.advanceTimersByTimeAsync(400);
    }
    opened.feed(end);
    await settle();
    expect(await events).not.toContain(COMMENT);
  });

  test('of the caller is not filled: one comment waits at most', async () => {
    const opened = open();
    await vi.advanceTimersByTimeAsync(10_000);
    opened.feed(head, end);
    await settle();
    expect((await readAll(opened)).filter((event) => event === COMMENT)).toHaveLength(1);
  });

  test('leaves no timer behind when the answer is over', async () => {
    const opened = open();
    opened.feed(head, end);
    await readAll(opened);
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** An answer with silence before its first token, in its middle and before its end, as one text. */
async function sayWithPauses(): Promise<string> {
  const opened = open();
  const events = readAll(opened);
  for (const event of [data('one '), data('two'), end]) {
    await vi.advanceTimersByTimeAsync(1_200);
    opened.feed(event);
  }
  await settle();
  return (await events).join('');
}

/** What each kind of reader that is met takes for the data of events. */
const READERS: Record<string, (text: string) => string[]> = {
  // The standard: an event without data is none.
  'eventsource-parser': (text) => {
    const found: string[] = [];
    createParser({ onEvent: (event) => void found.push(event.data) }).feed(text);
    return found;
  },
  // openai-go until it was mended, httpx-sse and others: each blank line ends an event, be it empty.
  'gives an event at every blank line': (text) => {
    const found: string[] = [];
    let said: string[] = [];
    for (const line of text.split('\n').slice(0, -1)) {
      if (line.startsWith('data: ')) said.push(line.slice(6));
      if (line !== '') continue;
      found.push(said.join('\n'));
      said = [];
    }
    return found;
  },
  'reads line by line': (text) =>
    text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : [])),
  'cuts at blank lines and passes over what does not begin with data': (text) =>
    text.split('\n\n').flatMap((block) => (block.startsWith('data: ') ? [block.slice(6)] : [])),
};

test.each(Object.entries(READERS))('a reader that %s finds the whole answer in spite of comments', async (_, read) => {
  const text = await sayWithPauses();
  expect(text.split(COMMENT).length - 1).toBe(6);
  const found = read(text);
  expect(found.pop()).toBe('[DONE]');
  const chunks = found.map((one) => JSON.parse(one));
  expect(chunks.map(({ choices }) => choices[0].delta.content ?? '').join('')).toBe('one two');
  expect(chunks.map(({ choices }) => choices[0].finish_reason).filter((reason) => reason !== null)).toEqual(['stop']);
});

describe('a slow reader', () => {
  test('slows the run: one event waits, the next is not asked for', async () => {
    const opened = open();
    opened.feed(head, ...Array.from({ length: 9 }, (_, i) => data(String(i))), end);
    await settle();
    expect(opened.next).toHaveBeenCalledTimes(2);
    expect(await opened.read()).toBe(writer.content('0'));
    await settle();
    expect(opened.next).toHaveBeenCalledTimes(3);
    const rest = await readAll(opened);
    expect(rest.slice(0, 8)).toEqual(Array.from({ length: 8 }, (_, i) => writer.content(String(i + 1))));
    expect(rest.at(-1)).toBe(DONE);
  });
});

describe('a caller who leaves', () => {
  test.each<[string, JobEvent[]]>([
    ['before anything came', []],
    ['in the middle', [head, data('a'), data('b')]],
    ['while an event waits to be read', [head, data('a')]],
  ])('%s: the run is aborted and told once', async (_, events) => {
    const opened = open();
    opened.feed(...events);
    await settle();
    await opened.reader.cancel();
    opened.feed(data('late'), end);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(opened.abort).toHaveBeenCalledTimes(1);
    expect(opened.onOver.mock.calls).toEqual([[null]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a run that breaks because of it is no second end', async () => {
    const opened = open();
    opened.feed(head);
    await settle();
    await opened.reader.cancel();
    opened.breakRun();
    await settle();
    expect(opened.onOver).toHaveBeenCalledTimes(1);
  });

  test('after the end there is nothing to abort', async () => {
    const opened = open();
    opened.feed(head, end);
    await readAll(opened);
    await opened.reader.cancel();
    expect(opened.abort).not.toHaveBeenCalled();
    expect(opened.onOver).toHaveBeenCalledTimes(1);
  });
});

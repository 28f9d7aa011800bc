import { createParser } from 'eventsource-parser';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { COMMENT_LINE, DONE_EVENT, encodeEmptyChunk, encodeFinishChunk, makeChunkWriter } from '../../schema/chunks.ts';
import type { FinalFacts } from '../../schema/chunks.ts';
import { PartStream } from '../hub/part-stream.ts';
import { DECISION, JOB_END } from '../test/fake-hubs.ts';
import type { JobEvent, JobFailure } from './job-doors.ts';
import { CallClock } from './call-clock.ts';
import type { JobRun } from './job-run.ts';
import { streamAnswer } from './answer-stream.ts';

const chunk = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm' };
const writer = makeChunkWriter(chunk, true);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const COMMENT = new TextDecoder().decode(COMMENT_LINE);
const EMPTY = new TextDecoder().decode(encodeEmptyChunk(chunk));
const DONE = new TextDecoder().decode(DONE_EVENT);
const LAST = new TextDecoder().decode(encodeFinishChunk(chunk, 'stop', { role: false })) + DONE;
const head: JobEvent = {
  kind: 'head',
  head: { node: 'n1', country: 'FR', digest: 'd', decision: DECISION, resumed: null },
};
const NOTHING = new Uint8Array(0);
/** A part whose body is these writes. */
const body = (texts: readonly string[], rest = { missing: NOTHING, isSilent: false }): JobEvent => ({
  kind: 'body',
  beginsWithEvent: texts[0]?.startsWith('d') === true,
  pipe: async (to) => {
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const next = texts[i++];
        if (next === undefined) controller.close();
        else controller.enqueue(encode(next));
      },
    });
    let i = 0;
    await stream.pipeTo(to, { preventClose: true, preventAbort: true }).catch(() => undefined);
    return rest;
  },
});
const end: JobEvent = { kind: 'end', outputTokens: 2 };
const unsaid: JobEvent = { kind: 'unsaid', end: JOB_END, said: { text: 'a', thinking: '', calls: [] } };
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
  const onEnd = vi.fn();
  const streamed = streamAnswer({
    run: { next, abort } as unknown as JobRun,
    clock: new CallClock(),
    kind: 'chat',
    chunk,
    includeUsage,
    first: next(),
    onEnd,
    toFacts: ({ charge }) => ({ job: 'job_1', charge_micro: charge }) as FinalFacts,
    toError: (failure) => ({ message: failure.message, type: 'server_error', code: 'home_failed' }),
    onOver,
  });
  const reader = streamed.body.getReader();
  return {
    reader,
    next,
    abort,
    onOver,
    onEnd,
    done: streamed.done,
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

// The platform's own stream of bytes; Node's does the same for a test.
beforeAll(() => void vi.stubGlobal('IdentityTransformStream', TransformStream));
afterAll(() => void vi.unstubAllGlobals());
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an answer', () => {
  test('its part’s bytes pass as they are, to their last', async () => {
    const opened = open();
    opened.feed(head, body([writer.content('a'), writer.content('b'), LAST]), end);
    expect((await readAll(opened)).join('')).toBe(writer.content('a') + writer.content('b') + LAST);
    expect(opened.onEnd.mock.calls).toEqual([[2]]);
    expect(opened.onOver.mock.calls).toEqual([[null]]);
    expect(opened.abort).not.toHaveBeenCalled();
  });

  test('goes on with the next part’s in the same body', async () => {
    const opened = open();
    opened.feed(head, body([writer.content('a')]), head, body([writer.content('b'), LAST]), end);
    expect((await readAll(opened)).join('')).toBe(writer.content('a') + writer.content('b') + LAST);
  });

  test('what its hub had not written of an event when it died is written before anything else', async () => {
    const opened = open();
    const event = writer.content('a');
    const missing = new Uint8Array(encode(event.slice(30)));
    opened.feed(head, body([event.slice(0, 30)], { missing, isSilent: false }), body([writer.content('b'), LAST]), end);
    expect((await readAll(opened)).join('')).toBe(event + writer.content('b') + LAST);
  });

  test('whose last word is missing is ended here', async () => {
    const opened = open();
    opened.feed(head, body([writer.content('a')]), unsaid);
    const events = await readAll(opened);
    expect(toJson(events[1])).toEqual({
      ...chunk,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }],
      irori: { job: 'job_1', charge_micro: 7 },
    });
    expect(events.slice(2)).toEqual([DONE]);
    expect(opened.onEnd.mock.calls).toEqual([[JOB_END.outputTokens]]);
  });

  test('and where it was only thought, with an empty content and the usage that was asked for', async () => {
    const opened = open({ includeUsage: true });
    const thought = { ...JOB_END, finish: 'length', thinkingTokens: 2 } as const;
    opened.feed(head, body([writer.thinking('Hm')]), {
      ...unsaid,
      end: thought,
      said: { text: '', thinking: 'Hm', calls: [] },
    });
    const events = await readAll(opened);
    expect(toJson(events[1]).choices).toMatchObject([{ delta: { content: '' }, finish_reason: 'length' }]);
    expect(toJson(events[2])).toMatchObject({
      choices: [],
      usage: { completion_tokens_details: { reasoning_tokens: 2 } },
      irori: { job: 'job_1' },
    });
    expect(events[3]).toBe(DONE);
  });
});

describe('a failure', () => {
  test('after the first byte is an error event and no [DONE]', async () => {
    const opened = open();
    const failure: JobFailure = { kind: 'broken', message: 'the home went away' };
    opened.feed(head, body([writer.content('a')]), failed(failure));
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

  test('behind the comments of a part that broke off comes after an event that says nothing', async () => {
    const opened = open();
    const silent = body([writer.content('a'), COMMENT], { missing: NOTHING, isSilent: true });
    opened.feed(head, silent, failed({ kind: 'broken', message: 'it is lost' }));
    const events = await readAll(opened);
    expect(events.slice(0, 3)).toEqual([writer.content('a'), COMMENT, EMPTY]);
    expect(toJson(events[3]).error.message).toBe('it is lost');
  });

  test.each([0, 2])(
    'a bug after %d events ends the stream with an error, stops the home and is told once',
    async (count) => {
      const opened = open();
      opened.feed(...[head, body([writer.content('a')])].slice(0, count));
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
  test('is filled with comments about every half a second, before the first part and between two', async () => {
    const opened = open();
    const events = readAll(opened);
    await vi.advanceTimersByTimeAsync(2_100);
    opened.feed(head, body([writer.content('a')]));
    await vi.advanceTimersByTimeAsync(1_200);
    opened.feed(head, body([writer.content('b'), LAST]), end);
    await settle();
    const kinds = (await events).map((event) => (event === COMMENT ? 'comment' : event === EMPTY ? 'empty' : 'event'));
    const before = 'comment comment comment comment empty event';
    expect(kinds.join(' ')).toBe(`${before} comment comment empty event event event`);
  });

  test('is the hub’s to fill while a part runs: one that begins with a line has its own event behind it', async () => {
    const opened = open();
    const events = readAll(opened);
    await vi.advanceTimersByTimeAsync(700);
    opened.feed(head, body([COMMENT, EMPTY + writer.content('a'), LAST]), end);
    await settle();
    expect((await events).slice(0, 4)).toEqual([COMMENT, COMMENT, EMPTY, writer.content('a')]);
  });

  test('of the caller is not filled: one comment waits at most', async () => {
    const opened = open();
    await vi.advanceTimersByTimeAsync(10_000);
    opened.feed(head, body([LAST]), end);
    await settle();
    expect((await readAll(opened)).filter((event) => event === COMMENT)).toHaveLength(1);
  });

  test('leaves no timer behind when the answer is over', async () => {
    const opened = open();
    opened.feed(head, body([LAST]), end);
    await readAll(opened);
    await opened.done;
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** An answer with silence before its first token, in its middle and before its end, as one text: its hub's part of it as a hub writes it. */
async function sayWithPauses(): Promise<string> {
  const opened = open();
  const events = readAll(opened);
  const stream = new PartStream(
    { onCredit: vi.fn(), onCancel: vi.fn(), empty: encode(EMPTY), isTold: false, isWhole: false },
    0,
  );
  const pipe = async (to: WritableStream<Uint8Array>) => {
    await stream.body.pipeTo(to, { preventClose: true });
    return { missing: NOTHING, isSilent: false };
  };
  await vi.advanceTimersByTimeAsync(1_200);
  opened.feed(head, { kind: 'body', beginsWithEvent: true, pipe }, end);
  for (const text of ['one ', 'two', null]) {
    if (text !== null) stream.push({ events: encode(writer.content(text)), tokens: 1, tokenIds: null });
    if (text === null) stream.end(encode(LAST));
    else stream.flush(Date.now());
    // A few times a second, as its hub does.
    for (let i = 0; i < 4; i++) {
      await vi.advanceTimersByTimeAsync(300);
      stream.breathe(Date.now());
    }
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
  test('slows the part: what it has not read is hardly more than one write', async () => {
    const opened = open();
    const texts = Array.from({ length: 9 }, (_, i) => writer.content(String(i)));
    let given = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const next = texts[given++];
          if (next === undefined) controller.close();
          else controller.enqueue(encode(next));
        },
      },
      { highWaterMark: 0 },
    );
    const pipe = async (to: WritableStream<Uint8Array>) => {
      await stream.pipeTo(to, { preventClose: true });
      return { missing: NOTHING, isSilent: false };
    };
    opened.feed(head, { kind: 'body', beginsWithEvent: true, pipe }, end);
    await settle();
    expect(given).toBeLessThanOrEqual(2);
    expect(await opened.read()).toBe(texts[0]);
    await settle();
    expect(given).toBeLessThanOrEqual(3);
    expect(await readAll(opened)).toEqual(texts.slice(1));
  });
});

describe('a caller who leaves', () => {
  const endless = (): JobEvent => ({
    kind: 'body',
    beginsWithEvent: true,
    pipe: async (to) => {
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(encode(writer.content('a'))),
      });
      await stream.pipeTo(to, { preventClose: true, preventAbort: true }).catch(() => undefined);
      return { missing: NOTHING, isSilent: false };
    },
  });

  test.each<[string, () => JobEvent[]]>([
    ['before anything came', () => []],
    ['in the middle', () => [head, endless()]],
    ['between two parts', () => [head, body([writer.content('a')])]],
  ])('%s: the run is aborted and told once', async (_, events) => {
    const opened = open();
    opened.feed(...events());
    await settle();
    if (opened.next.mock.calls.length > 1) await opened.read();
    await opened.reader.cancel();
    opened.feed(body([LAST]), end);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(opened.abort).toHaveBeenCalledTimes(1);
    expect(opened.onOver.mock.calls).toEqual([[null]]);
    expect(vi.getTimerCount()).toBe(0);
    await opened.done;
  });

  test('a run that breaks because of it is no second end', async () => {
    const opened = open();
    opened.feed(head);
    await settle();
    await opened.reader.cancel();
    opened.breakRun();
    await vi.advanceTimersByTimeAsync(1000);
    expect(opened.onOver).toHaveBeenCalledTimes(1);
  });

  test('after the end there is nothing to abort', async () => {
    const opened = open();
    opened.feed(head, body([LAST]), end);
    await readAll(opened);
    await opened.reader.cancel();
    expect(opened.abort).not.toHaveBeenCalled();
    expect(opened.onOver).toHaveBeenCalledTimes(1);
  });
});

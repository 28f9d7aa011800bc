import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { COMMENT_LINE, DONE_EVENT, encodeErrorChunk, encodeFinishChunk, makeChunkWriter } from '../../schema/chunks.ts';
import type { FinalFacts } from '../../schema/chunks.ts';
import { CallClock } from './call-clock.ts';
import type { JobEvent } from './job-doors.ts';
import type { JobRun } from './job-run.ts';
import { streamAnswer } from './answer-stream.ts';
import { mergeStreams } from './merge-streams.ts';

const head = { id: 'chatcmpl-1', created: 1, model: 'm' };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const irori = { job: 'job_1', output_tokens: 1, charge_micro: 1 } as FinalFacts;

beforeAll(() => void vi.stubGlobal('IdentityTransformStream', TransformStream));
afterAll(() => void vi.unstubAllGlobals());

/** Answers that give what they are fed. */
function open(count: number) {
  const controllers: ReadableStreamDefaultController<Uint8Array>[] = [];
  const cancelled: number[] = [];
  const bodies = Array.from({ length: count }, (_, index) => {
    const cancel = (): void => void cancelled.push(index);
    return new ReadableStream<Uint8Array>({ start: (controller) => void (controllers[index] = controller), cancel });
  });
  const caller = new AbortController();
  const onStop = vi.fn();
  const merged = mergeStreams(bodies, { kind: 'chat', head, signal: caller.signal, onStop });
  const feed = (index: number, ...events: Uint8Array[]): void => {
    for (const event of events) controllers[index]?.enqueue(event);
  };
  const content = (index: number): Uint8Array => encode(makeChunkWriter({ ...head, index }).content('a'));
  const last = (index: number): Uint8Array[] => [
    encodeFinishChunk({ ...head, index }, 'stop', { role: false, irori }),
    DONE_EVENT,
  ];
  return { merged, feed, content, last, controllers, cancelled, caller, onStop };
}

describe('the streams of several answers', () => {
  test('are one that ends when all have', async () => {
    const { merged, feed, content, last, controllers, onStop } = open(2);
    feed(1, content(1), ...last(1));
    feed(0, content(0), ...last(0));
    for (const controller of controllers) controller.close();
    const text = await new Response(merged.body).text();
    await merged.done;
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(text.match(/\[DONE\]/g)).toHaveLength(1);
    expect(onStop).not.toHaveBeenCalled();
  });

  test('one that breaks off stops the others, and the caller’s stream ends behind its error', async () => {
    const { merged, feed, content, cancelled, onStop } = open(3);
    feed(0, content(0));
    feed(2, encodeErrorChunk({ ...head, index: 2 }, { message: 'gone', type: 'server_error', code: 'home_failed' }));
    const text = await new Response(merged.body).text();
    await merged.done;
    expect(text).toContain('"message":"gone"');
    expect(text).not.toContain('[DONE]');
    expect(onStop).toHaveBeenCalledTimes(1);
    expect(cancelled).toEqual(expect.arrayContaining([0, 1]));
  });

  test('a caller who leaves stops all of them, told by its connection or noticed by a write', async () => {
    const told = open(2);
    told.caller.abort();
    await told.merged.done;
    expect(told.onStop).toHaveBeenCalledTimes(1);
    expect(told.cancelled).toEqual([0, 1]);
    const noticed = open(2);
    await noticed.merged.body.cancel();
    noticed.feed(0, COMMENT_LINE);
    await noticed.merged.done;
    expect(noticed.onStop).toHaveBeenCalledTimes(1);
    expect(noticed.cancelled).toEqual([0, 1]);
  });
});

test('an answer that nobody reads any more is left before a write has failed: once, and nothing of it is waited for', async () => {
  const failed = Promise.withResolvers<JobEvent>();
  const abort = vi.fn();
  const onOver = vi.fn();
  const { leave, done } = streamAnswer({
    run: { abort } as unknown as JobRun,
    clock: new CallClock(),
    kind: 'chat',
    chunk: head,
    includeUsage: false,
    first: failed.promise,
    onEnd: () => undefined,
    toFacts: () => irori,
    toError: ({ message }) => ({ message, type: 'server_error', code: 'home_failed' }),
    onOver,
  });
  leave();
  leave();
  failed.resolve({ kind: 'failed', failure: { kind: 'failed', message: 'The caller left.' } });
  await done;
  expect(abort).toHaveBeenCalledTimes(1);
  expect(onOver.mock.calls).toEqual([[null]]);
});

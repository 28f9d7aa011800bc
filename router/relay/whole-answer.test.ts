import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JOB_END } from '../test/fake-hubs.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { CallClock } from './call-clock.ts';
import type { CollectedAnswer } from './collect-answer.ts';
import type { JobFailure } from './job-doors.ts';
import type { JobRun } from './job-run.ts';
import { openWhole, ROUTER_FAILED } from './whole-answer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ANSWER = {
  whole: { text: 'hi', promptTokens: 3, outputTokens: 2, finish: 'stop' },
  end: JOB_END,
} as unknown as CollectedAnswer;

function open() {
  let settle: (collected: Result<CollectedAnswer, JobFailure>) => void = () => undefined;
  let fail: (cause: Error) => void = () => undefined;
  const collected = new Promise<Result<CollectedAnswer, JobFailure>>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  const seen = { aborts: 0, over: [] as (string | null)[] };
  const run = { abort: () => void seen.aborts++, about: { jobId: 'job_1', requestId: 'req_1' } } as unknown as JobRun;
  const body = openWhole({
    routerFailed: ROUTER_FAILED,
    run,
    clock: new CallClock(),
    collected,
    encode: ({ whole }) => JSON.stringify({ text: whole.text }),
    encodeError: ({ message }) =>
      JSON.stringify({ error: { message, type: 'server_error', param: null, code: 'home_failed' } }),
    isFinal: ({ kind }) => kind === 'context',
    onOver: (failure) => void seen.over.push(failure?.kind ?? null),
  });
  const reader = body.getReader();
  const decoder = new TextDecoder();
  /** The next piece; 'end' or 'broken' where there is none. */
  const read = (): Promise<string> =>
    reader.read().then(
      ({ value, done }) => (done ? 'end' : decoder.decode(value)),
      () => 'broken',
    );
  /** The first piece that is more than white space. */
  const readOn = async (): Promise<string> => {
    for (;;) {
      const piece = await read();
      if (piece.trim() !== '') return piece;
    }
  };
  return { settle, fail, seen, reader, read, readOn };
}

test('while it is made white space comes twice a second, then the JSON and a proper end', async () => {
  const { settle, read, seen } = open();
  expect((await read()).trim()).toBe('');
  const second = read();
  await vi.advanceTimersByTimeAsync(500);
  expect((await second).trim()).toBe('');
  settle(ok(ANSWER));
  expect([await read(), await read()]).toEqual(['{"text":"hi"}', 'end']);
  expect(seen).toEqual({ aborts: 0, over: [null] });
  expect(vi.getTimerCount()).toBe(0);
});

test('white space is written at once, since the caller may have left before it', async () => {
  const { read } = open();
  expect(await read()).toBe('\n');
});

test('a reader who does not read is not written for', async () => {
  const { settle, read } = open();
  await vi.advanceTimersByTimeAsync(60_000);
  settle(ok(ANSWER));
  expect([await read(), await read(), await read()]).toEqual(['\n', '{"text":"hi"}', 'end']);
});

test('a failure is told as an error’s JSON, and the body breaks off behind it', async () => {
  const { settle, read, readOn, seen } = open();
  settle(err({ kind: 'broken', message: 'the home went away' }));
  expect(JSON.parse(await readOn())).toEqual({
    error: { message: 'the home went away', type: 'server_error', param: null, code: 'home_failed' },
  });
  const end = read();
  await vi.advanceTimersByTimeAsync(100);
  expect(await end).toBe('broken');
  expect(seen).toEqual({ aborts: 0, over: ['broken'] });
});

test('a failure that asking again does not mend ends well behind the error’s JSON', async () => {
  const { settle, read, readOn, seen } = open();
  settle(err({ kind: 'context', message: 'too long', param: 'messages' }));
  expect(JSON.parse(await readOn())).toMatchObject({ error: { message: 'too long' } });
  expect(await read()).toBe('end');
  expect(seen).toEqual({ aborts: 0, over: ['context'] });
  expect(vi.getTimerCount()).toBe(0);
});

test('a bug stops the home, and is told as the router’s', async () => {
  const { fail, read, readOn, seen } = open();
  fail(new Error('a bug'));
  expect(JSON.parse(await readOn())).toMatchObject({ error: { message: 'the router failed' } });
  const end = read();
  await vi.advanceTimersByTimeAsync(100);
  expect(await end).toBe('broken');
  expect(seen).toEqual({ aborts: 1, over: ['broken'] });
});

test('a caller who leaves stops the home at once, and what ends later is nobody’s', async () => {
  const { settle, reader, seen } = open();
  await reader.cancel();
  expect(seen).toEqual({ aborts: 1, over: [null] });
  settle(err({ kind: 'failed', message: 'The caller left.' }));
  await vi.advanceTimersByTimeAsync(1000);
  expect(seen).toEqual({ aborts: 1, over: [null] });
  expect(vi.getTimerCount()).toBe(0);
});

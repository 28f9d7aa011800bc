import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { END, event, openPart, openRunningPart, ended, writer } from '../test/open-part.ts';
import { TIMINGS } from '../../schema/timings.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

describe('a caller who leaves', () => {
  test('while tokens flow: the home is told, its receipt is waited for, and what was relayed counts', async () => {
    const { part, doors, sent, settled, read, say, leaveBody } = await openRunningPart();
    say('a', 20, 2);
    await read();
    vi.setSystemTime(30);
    await leaveBody();
    expect(sent).toEqual(['cancel {"reason":"caller"} of 7']);
    expect(settled).toEqual([]);
    expect(doors.onDone).not.toHaveBeenCalled();
    part.onEnd(ended('cancelled'), 40);
    await vi.waitFor(() => expect(settled).toHaveLength(1));
    expect(settled).toMatchObject([
      { outcome: 'cancelled', frameTokens: 2, lateTokens: 0, work: ended('cancelled').work },
    ]);
    expect(settled[0]?.content).toMatchObject({ most: 1, exact: null });
    expect(doors.onDone).toHaveBeenCalledTimes(1);
  });

  test('what still comes is hashed and counted as late, neither relayed nor charged', async () => {
    const { part, settled, read, say, leaveBody } = await openRunningPart();
    say('a', 20);
    await read();
    await leaveBody();
    say('bb', 30, 3);
    part.onEnd(ended('cancelled'), 40);
    await vi.waitFor(() => expect(settled).toHaveLength(1));
    const [summary] = settled;
    expect(summary).toMatchObject({
      frameTokens: 1,
      lateTokens: 3,
      content: { most: 1, exact: null },
    });
    const both = await openRunningPart();
    both.say('a', 20);
    both.part.onData({ events: new TextEncoder().encode(writer.content('bb')), tokens: 3, tokenIds: null }, 30);
    both.part.onEnd(ended('stop'), 40);
    await vi.waitFor(() => expect(both.settled).toHaveLength(1));
    expect(summary?.responseHash).toBe(both.settled[0]?.responseHash);
  });

  test('in silence: a home that sends no receipt in time is settled without one', async () => {
    const { part, settled, leaveBody } = await openRunningPart();
    vi.setSystemTime(5_000);
    await leaveBody();
    part.onTick(5_000 + TIMINGS.endMs);
    expect(settled).toEqual([]);
    part.onTick(5_001 + TIMINGS.endMs);
    await vi.waitFor(() => expect(settled).toHaveLength(1));
    expect(settled).toMatchObject([{ outcome: 'cancelled', work: null, ttftMs: null, frameTokens: 0 }]);
  });

  test('a home that goes on talking does not push its own deadline away', async () => {
    const { part, settled, leaveBody } = await openRunningPart();
    await leaveBody();
    for (let now = 0; now <= TIMINGS.endMs; now += 250)
      part.onData({ events: event('x'), tokens: 1, tokenIds: null }, now);
    part.onTick(TIMINGS.endMs + 1);
    await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'cancelled' }]));
  });

  test('a fault and a closed socket end the wait', async () => {
    const [faulty, lost] = [await openRunningPart(), await openRunningPart()];
    await faulty.leaveBody();
    await lost.leaveBody();
    faulty.part.onFault({ code: 'cancelled', work: ended('error').work }, 20);
    lost.part.onLost(20);
    await vi.waitFor(() => expect([...faulty.settled, ...lost.settled]).toHaveLength(2));
    expect(faulty.settled).toMatchObject([{ outcome: 'cancelled', work: ended('error').work }]);
    expect(lost.settled).toMatchObject([{ outcome: 'cancelled', work: null }]);
  });

  test('an aborted request counts as leaving even while nothing is read', async () => {
    const { part, sent, settled, read } = await openRunningPart();
    part.leave();
    part.leave();
    expect(sent).toEqual(['cancel {"reason":"caller"} of 7']);
    part.onEnd(ended('cancelled'), 20);
    expect(await read()).toEqual([END]);
    expect(settled).toMatchObject([{ outcome: 'cancelled' }]);
  });

  test('after the end leaving changes nothing', async () => {
    const { part, sent, settled, leaveBody } = await openRunningPart();
    part.onEnd(ended('stop'), 20);
    part.leave();
    await leaveBody();
    await vi.waitFor(() => expect(settled).toMatchObject([{ outcome: 'complete' }]));
    expect(sent).toEqual([]);
  });
});

/** One thing that may happen to a part, at a moment. */
type Step = (part: ReturnType<typeof openPart>['part'], now: number) => void;
const STEPS: Record<string, Step> = {
  head: (part, now) => part.onHead(now),
  data: (part, now) => part.onData({ events: event('some text'), tokens: 1, tokenIds: null }, now),
  flush: (part, now) => part.flush(now),
  garbage: (part, now) => part.onData({ events: new Uint8Array(20), tokens: 1, tokenIds: null }, now),
  unreadable: (part, now) => part.onUnreadable(now),
  stop: (part, now) => part.onEnd(ended('stop'), now),
  length: (part, now) => part.onEnd(ended('length'), now),
  preempted: (part, now) => part.onEnd(ended('preempted'), now),
  cancelled: (part, now) => part.onEnd(ended('cancelled'), now),
  fault: (part, now) => part.onFault({ code: 'internal', work: null }, now),
  context: (part, now) => part.onFault({ code: 'context', work: null }, now),
  refuse: (part) => part.onRefuse({ code: 'busy', message: 'm' }),
  lost: (part, now) => part.onLost(now),
  leave: (part) => part.leave(),
  tick: (part, now) => part.onTick(now),
};

describe('in whatever order things happen', () => {
  const step = fc.record({
    name: fc.constantFrom(...Object.keys(STEPS)),
    afterMs: fc.oneof(fc.nat(300), fc.constantFrom(1_001, 2_001, 10_001, 20_001)),
    isRead: fc.boolean(),
  });

  test('a part is answered once, settled at most once, its lease ends once, and its stream ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), fc.boolean(), async (steps, canKeep) => {
        const settle = async (): Promise<typeof END> => {
          if (!canKeep) throw new Error('disk');
          return END;
        };
        const { part, doors, settled } = openPart({ settle });
        let body: ReadableStreamDefaultReader<Uint8Array> | undefined;
        void part.answer.then(
          (answer) => void (body = answer instanceof Response ? answer.body?.getReader() : undefined),
        );
        let now = 0;
        for (const { name, afterMs, isRead } of [{ name: 'flush', afterMs: 0, isRead: false }, ...steps]) {
          now += afterMs;
          vi.setSystemTime(now);
          STEPS[name]?.(part, now);
          await Promise.resolve();
          if (isRead) void body?.read();
        }
        // Whatever came before, time ends it.
        for (const afterMs of [2_001, 30_000, 30_000, 1_000_000, 2_001]) {
          now += afterMs;
          part.onTick(now);
        }
        const answer = await part.answer;
        const isTaken = answer instanceof Response;
        while (body && !(await body.read()).done);
        await vi.waitFor(() => expect(settled).toHaveLength(isTaken ? 1 : 0));
        expect(doors.onDone).toHaveBeenCalledTimes(1);
        expect(doors.onRefused).toHaveBeenCalledTimes(isTaken ? 0 : 1);
      }),
      { numRuns: 400 },
    );
  });
});

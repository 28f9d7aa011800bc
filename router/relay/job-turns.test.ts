// A job that finds every home full, as its edge sees it: how long it waits for its turn, and what becomes of it meanwhile.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { TIMINGS } from '../../schema/timings.ts';
import { dataRecord, endRecord, failRecord, headRecord, openRun, refused, taken } from '../test/fake-hubs.ts';
import type { FakePart } from '../test/fake-hubs.ts';
import type { ReadRun } from '../test/read-as-caller.ts';
import type { JobOffer } from '../../schema/offer.ts';

/** All events to the last, as short words. */
async function follow(run: ReadRun): Promise<string[]> {
  const words: string[] = [];
  for (;;) {
    const event = await run.next();
    if (event.kind === 'head') words.push(`head ${event.head.node}`);
    else words.push(event.kind === 'failed' ? `failed ${event.failure.kind}` : event.kind);
    if (event.kind === 'end' || event.kind === 'failed') return words;
  }
}

const whole = (node: string) => () => taken(headRecord(node), dataRecord(new TextEncoder().encode('a')), endRecord());

describe('where all homes are full', () => {
  const full = (): Response => refused({ code: 'busy', retryAfterMs: 4200 });

  afterEach(() => void vi.useRealTimers());

  test('the last ask waits for its turn as long as the network lets it', async () => {
    const { run, asked } = openRun(['n1@h1'], { h1: [full, whole('n1')] });
    expect(await follow(run)).toEqual(['head n1', 'data', 'end']);
    expect(asked.map(({ offer }) => offer)).toMatchObject([
      { part: 0, isForced: false, waitMs: 0 },
      { part: 0, isForced: true, waitMs: expect.closeTo(TIMINGS.turnWaitMs, -4) },
    ]);
  });

  test.each([
    [1500, 1500],
    [3_600_000, 60_000],
  ])('a stated latency of %i ms is waited for %i ms', async (maxWaitMs, waitMs) => {
    const { run, asked } = openRun(['n1@h1'], { h1: [full, whole('n1')] }, { maxWaitMs });
    await follow(run);
    const offered = asked[1]?.offer.waitMs ?? 0;
    expect(offered).toBeLessThanOrEqual(waitMs);
    expect(offered).toBeGreaterThan(waitMs - 1000);
  });

  test('a caller whose turn does not come hears when to come back, by what the line was like at last', async () => {
    const { run } = openRun(['n1@h1'], { h1: [full, () => refused({ code: 'busy', retryAfterMs: 8100 })] });
    expect(await run.next()).toMatchObject({ kind: 'failed', failure: { kind: 'busy', retryAfterS: 9 } });
    expect(run.closing).toEqual({ interrupted: 0, isCharged: false });
  });

  test('an answer that comes late, and within the wait, is no hub’s fault; a hub that says nothing is left 5 s after it', async () => {
    vi.useFakeTimers();
    const never = (): Promise<Response> => new Promise(() => undefined);
    const late = async (): Promise<FakePart> => {
      await new Promise((wake) => setTimeout(wake, TIMINGS.turnWaitMs - 1000));
      return whole('n1')();
    };
    const patient = openRun(['n1@h1'], { h1: [full, late] });
    const answer = follow(patient.run);
    await vi.advanceTimersByTimeAsync(TIMINGS.turnWaitMs - 500);
    expect(await answer).toContain('head n1');
    const stopped = openRun(['n1@h1'], { h1: [full, never] });
    const end = follow(stopped.run);
    await vi.advanceTimersByTimeAsync(TIMINGS.turnWaitMs + 4900);
    expect(stopped.asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await end).toEqual(['failed busy']);
  });

  test('an answer that broke off waits for its turn as long as one that begins, and not less than for any home', async () => {
    const broken = () => taken(headRecord('n1'), dataRecord(new TextEncoder().encode('a')), failRecord());
    for (const [maxWaitMs, mostMs] of [
      [20_000, 20_000],
      [1, 600],
    ] as const) {
      const { run, asked } = openRun(['n1@h1', 'n2@h2'], { h1: [broken], h2: [full, whole('n2')] }, { maxWaitMs });
      expect(await follow(run)).toEqual(['head n1', 'data', 'head n2', 'data', 'end']);
      const waits = asked.at(-1)?.offer;
      expect(waits).toMatchObject({ isBegun: true, isForced: true });
      expect(waits?.waitMs).toBeGreaterThan(mostMs - 500);
      expect(waits?.waitMs).toBeLessThanOrEqual(mostMs);
    }
  });

  test('an answer that broke off, and whose turn does not come, ends with what broke it', async () => {
    const broken = () => taken(headRecord('n1'), dataRecord(new TextEncoder().encode('a')), failRecord());
    const slow = async (): Promise<Response> => {
      await new Promise((wake) => setTimeout(wake, 700));
      return full();
    };
    const { run, asked } = openRun(['n1@h1', 'n2@h2'], { h1: [broken], h2: [full, slow] }, { maxWaitMs: 1 });
    expect(await follow(run)).toEqual(['head n1', 'data', 'failed broken']);
    expect(asked).toHaveLength(3);
  });

  describe('who waited at a hub that restarts', () => {
    const restarts = (): Promise<Response> => Promise.reject(new Error('the hub restarts'));
    const gone = (): Response => refused({ code: 'none', isServed: false });

    test('asks it again', async () => {
      const { run, asked } = openRun(['n1@h1'], { h1: [full, restarts, full, whole('n1')] });
      expect(await follow(run)).toContain('head n1');
      expect(asked.map(({ offer }) => [offer.part, offer.waitMs > 0])).toEqual([
        [0, false],
        [0, true],
        [1, false],
        [1, true],
      ]);
    });

    test('waits on while its homes have yet to dial again', async () => {
      const { run } = openRun(['n1@h1'], { h1: [full, restarts, gone, gone, whole('n1')] }, { resumeWaitMs: 20_000 });
      expect(await follow(run)).toContain('head n1');
    });

    test('is refused as busy where none does in time', async () => {
      const hubs = { h1: [full, restarts, ...Array.from({ length: 20 }, () => gone)] };
      const { run, asked } = openRun(['n1@h1'], hubs, { maxWaitMs: 900 });
      expect(await follow(run)).toEqual(['failed busy']);
      expect(asked.length).toBeGreaterThan(3);
    });

    test('asks nobody once its caller has left', async () => {
      const leaves = (): Response => {
        run.abort();
        return gone();
      };
      const { run, asked } = openRun(['n1@h1'], { h1: [full, restarts, leaves, whole('n1')] });
      expect(await follow(run)).toEqual(['failed failed']);
      expect(asked).toHaveLength(3);
    });
  });

  test('a home that is full by its own count is asked again while there is time, with a pause before each', async () => {
    const own = () => refused({ code: 'busy', nodeId: 'n1' });
    const { run, asked } = openRun(['n1@h1'], { h1: [own, own, whole('n1')] });
    const startedAt = performance.now();
    expect(await follow(run)).toContain('head n1');
    expect(performance.now() - startedAt).toBeGreaterThan(740);
    expect(asked.map(({ offer }) => offer.excludeNodeIds)).toEqual([[], [], []]);
    expect(new Set(asked.map(({ offer }) => offer.part)).size).toBe(3);
  });

  test('a caller who leaves takes the ask back', async () => {
    let signalled: AbortSignal | null = null;
    const waits = (_offer: JobOffer, signal: AbortSignal): Promise<Response> => {
      signalled = signal;
      queueMicrotask(() => run.abort());
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    };
    const { run } = openRun(['n1@h1'], { h1: [full, waits] });
    expect(await run.next()).toMatchObject({ kind: 'failed', failure: { kind: 'failed' } });
    expect(signalled).toMatchObject({ aborted: true });
  });
});

// What a hub keeps of its homes, over the SQLite of a Durable Object.
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import type { NodeModel } from '../../../schema/frames-to-hub.ts';
import { NodeHistory } from '../../homes/node-history.ts';
import { openHub } from './join-hub.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = 20_000 * DAY_MS;
const model: NodeModel = {
  name: 'm',
  digest: 'a'.repeat(64),
  contextTokens: 1000,
  quantisation: 'q8',
  resume: 'none',
  promptTokensPerS: 1000,
  decodeTokensPerS: 100,
};

interface Opened {
  readonly history: NodeHistory;
  readonly sql: SqlStorage;
  readonly state: { writes: number };
}

/** A history over an object's own database; counts what is written. */
function open(sql: SqlStorage, now = NOW): Opened {
  const state = { writes: 0 };
  const counted = {
    exec: (query: string, ...bindings: SqlStorageValue[]) => {
      if (query.startsWith('INSERT')) state.writes += 1;
      return sql.exec(query, ...bindings);
    },
  };
  return { history: new NodeHistory(counted as SqlStorage, now), sql, state };
}

/** Runs a test within an object of its own, where its storage may be used. */
function inObject(run: (opened: Opened) => void): () => Promise<void> {
  return () => runInDurableObject(openHub(), (_hub, state) => run(open(state.storage.sql)));
}

/** A job that ran at this share of the benchmark's speed. */
function answer(
  history: NodeHistory,
  facts: { share?: number; now?: number; outputTokens?: number; isWell?: boolean } = {},
) {
  const { share = 1, now = NOW, outputTokens = 101, isWell = true } = facts;
  const sample = { workTokens: 1000, promptMs: 1000 / share, activeAtGrant: 0, meanBatch: 1, decodeMs: 1000 / share };
  history.noteAnswer('n', {
    model,
    sample: { ...sample, outputTokens, slots: 1 },
    workTokens: outputTokens,
    startedAt: now,
    isWell,
    now,
  });
}

describe('speeds', () => {
  test(
    'begin with the benchmark and move to what jobs showed',
    inObject(({ history }) => {
      expect(history.speedsOf('n', model)).toEqual({ promptTokensPerS: 1000, decodeTokensPerS: 100 });
      for (let i = 0; i < 20; i++) answer(history, { share: 0.5 });
      const { promptTokensPerS, decodeTokensPerS } = history.speedsOf('n', model);
      expect(promptTokensPerS).toBeGreaterThan(470);
      expect(promptTokensPerS).toBeLessThan(540);
      expect(decodeTokensPerS).toBeGreaterThan(47);
      expect(decodeTokensPerS).toBeLessThan(54);
    }),
  );

  test(
    'a home that says it became faster does not move what was measured',
    inObject(({ history }) => {
      answer(history, { share: 0.5 });
      const before = history.speedsOf('n', model);
      expect(history.speedsOf('n', { ...model, decodeTokensPerS: 9999, promptTokensPerS: 9999 })).toEqual(before);
    }),
  );

  test(
    'are told anew only when they moved by a quarter, and not more often than every ten seconds',
    inObject(({ history }) => {
      const tell = (now: number) => history.tell('n', model, { slots: 1, now }).decodeTokensPerS;
      expect(tell(NOW)).toBe(100);
      for (let i = 0; i < 20; i++) answer(history, { share: 0.95 });
      expect(tell(NOW + 10_000)).toBe(100);
      for (let i = 0; i < 40; i++) answer(history, { share: 0.5 });
      expect(tell(NOW + 19_999)).toBe(100);
      expect(history.retold).toBe(0);
      expect(tell(NOW + 20_000)).toBeLessThan(60);
      expect(history.retold).toBe(1);
    }),
  );

  test(
    'a home that has measured itself is told anew at once',
    inObject(({ history }) => {
      const tell = (decodeTokensPerS: number) =>
        history.tell('n', { ...model, decodeTokensPerS }, { slots: 1, now: NOW }).decodeTokensPerS;
      expect([tell(100), tell(300), tell(300), tell(310)]).toEqual([100, 300, 300, 300]);
    }),
  );

  test(
    'a round trip is told anew when it changed by much',
    inObject(({ history }) => {
      const tell = (now: number) => history.tell('n', model, { slots: 1, now }).rttMs;
      const first = tell(NOW);
      history.noteRtt('n', first + 4, NOW);
      expect(tell(NOW + 10_000)).toBe(first);
      for (let i = 0; i < 40; i++) history.noteRtt('n', 80, NOW);
      expect(tell(NOW + 20_000)).toBeGreaterThan(70);
    }),
  );
});

describe('failures', () => {
  test(
    'that turn out to be a request’s are pardoned, others are not',
    inObject(({ history }) => {
      expect(history.pardon('n')).toBe(false);
      history.noteFailure('n', { reason: 'lost', startedAt: NOW, now: NOW });
      expect(history.pardon('n')).toBe(false);
      history.noteFailure('m', { reason: 'fault', startedAt: NOW, now: NOW });
      expect([history.pardon('m'), history.isCooling('m', NOW), history.isCooling('n', NOW)]).toEqual([
        true,
        false,
        true,
      ]);
    }),
  );

  test(
    'begin a pause, raise the expected share of failures, and are forgiven by an answer',
    inObject(({ history }) => {
      const before = history.failureShare('n', NOW);
      const failure = { reason: 'lost' as const, startedAt: NOW, now: NOW };
      expect(history.noteFailure('n', failure)).toBe(true);
      expect(history.noteFailure('n', { ...failure, now: NOW + 1 })).toBe(false);
      expect(history.isCooling('n', NOW + 4999)).toBe(true);
      expect(history.isCooling('n', NOW + 5000)).toBe(false);
      expect(history.cooling('n')).toMatchObject({ reason: 'lost' });
      expect(history.failureShare('n', NOW)).toBeGreaterThan(before);
      answer(history, { isWell: false });
      expect(history.cooling('n')).not.toBeNull();
      answer(history);
      expect(history.cooling('n')).toBeNull();
    }),
  );
});

describe('what was earned', () => {
  test(
    'counts by the hour present; a home that just came is taken to be here for an hour',
    inObject(({ history }) => {
      history.notePresent('n', NOW);
      answer(history, { outputTokens: 600 });
      expect(history.earnedPerHour('n', NOW)).toBe(600);
      expect(history.earnedPerHour('n', NOW + 3 * HOUR_MS)).toBe(200);
      expect(history.earnedPerHour('other', NOW)).toBe(0);
    }),
  );

  test(
    'time away is no time present, and long ago weighs less',
    inObject(({ history }) => {
      history.notePresent('n', NOW);
      answer(history, { outputTokens: 600 });
      history.noteStillPresent('n', NOW + 2 * HOUR_MS);
      const earned = history.earnedPerHour('n', NOW + 2 * HOUR_MS);
      history.notePresent('n', NOW + 9 * HOUR_MS);
      expect(history.earnedPerHour('n', NOW + 9 * HOUR_MS)).toBeCloseTo(earned, 9);
      history.noteStillPresent('n', NOW + 5 * DAY_MS);
      expect(history.earnedPerHour('n', NOW + 5 * DAY_MS)).toBeLessThan(1);
    }),
  );
});

describe('the disk', () => {
  test(
    'is written at most every five seconds, or when the hub falls idle, one row a node',
    inObject(({ history, state }) => {
      answer(history);
      history.save(NOW);
      for (let i = 0; i < 5; i++) answer(history);
      history.save(NOW + 4999);
      expect(state.writes).toBe(1);
      history.save(NOW + 5000);
      expect(state.writes).toBe(2);
      history.save(NOW + 20_000);
      expect(state.writes).toBe(2);
      answer(history);
      history.save(NOW + 20_001, true);
      expect(state.writes).toBe(3);
    }),
  );

  test(
    'gives the next life all that was saved, and forgets nodes that were not seen for a month',
    inObject((first) => {
      answer(first.history, { share: 0.5 });
      first.history.noteFailure('n', { reason: 'fault', startedAt: NOW, now: NOW });
      first.history.save(NOW, true);
      const again = open(first.sql).history;
      expect(again.speedsOf('n', model)).toEqual(first.history.speedsOf('n', model));
      expect(again.cooling('n')).toEqual(first.history.cooling('n'));
      expect(open(first.sql, NOW + 31 * DAY_MS).history.cooling('n')).toBeNull();
    }),
  );
});

describe('a node that moves to another hub', () => {
  test('takes its history along', async () => {
    let json = '';
    const speeds = { promptTokensPerS: 0, decodeTokensPerS: 0 };
    await inObject(({ history, sql }) => {
      answer(history, { share: 0.5 });
      history.save(NOW, true);
      Object.assign(speeds, history.speedsOf('n', model));
      json = history.take('n') ?? '';
      expect(history.take('n')).toBeNull();
      expect(open(sql).history.speedsOf('n', model)).toEqual({ promptTokensPerS: 1000, decodeTokensPerS: 100 });
    })();
    await inObject(({ history, sql }) => {
      history.notePresent('n', NOW + 5);
      history.put('n', json, NOW + 10);
      expect(history.speedsOf('n', model)).toEqual(speeds);
      expect(open(sql).history.speedsOf('n', model)).toEqual(speeds);
    })();
  });
});

test(
  'slots that are believed of a home grow with what it ran at once, halve where it was too slow, and are kept',
  inObject(({ history, sql }) => {
    expect(history.trustedSlots('n')).toBe(32);
    expect([3, 20, 19].map((streams) => history.noteStreams('n', streams, NOW))).toEqual([false, true, false]);
    history.noteFailure('n', { reason: 'lost', startedAt: NOW, now: NOW });
    expect(history.trustedSlots('n')).toBe(40);
    // Jobs that fail together are one failure.
    for (let i = 0; i < 5; i++)
      history.noteFailure('n', { reason: 'token-timeout', startedAt: NOW, now: NOW + 60_000 });
    history.save(NOW, true);
    expect(new NodeHistory(sql, NOW).trustedSlots('n')).toBe(20);
  }),
);

test(
  'speeds that no home has are no beginning of a belief, and turns that came to nothing count as had',
  inObject(({ history }) => {
    expect(history.speedsOf('n', { ...model, promptTokensPerS: 1e7, decodeTokensPerS: 1e6 })).toEqual({
      promptTokensPerS: 200_000,
      decodeTokensPerS: 2000,
    });
    history.notePresent('n', NOW);
    history.noteMissed('n', 500, NOW);
    expect(history.earnedPerHour('n', NOW)).toBe(500);
  }),
);

test(
  'a home that answers by ever other names fills neither its row nor the memory',
  inObject(({ history, sql }) => {
    const named = (i: number): typeof model => ({ ...model, digest: i.toString(16).padStart(64, '0') });
    for (let i = 0; i < 1000; i++) {
      history.tell('n', named(i), { slots: 1, now: NOW });
      const sample = { workTokens: 1000, promptMs: 500, activeAtGrant: 0, meanBatch: 1, decodeMs: 500 };
      const job = {
        sample: { ...sample, outputTokens: 101, slots: 1 },
        workTokens: 101,
        startedAt: NOW,
        isWell: true,
      };
      history.noteAnswer('n', { ...job, model: named(i), now: NOW });
    }
    history.save(NOW, true);
    const { record } = sql.exec<{ record: string }>('SELECT record FROM history').one();
    expect(record.length).toBeLessThan(64_000);
    // The newest are remembered.
    expect(history.speedsOf('n', named(999)).decodeTokensPerS).toBeGreaterThan(100);
    expect(history.speedsOf('n', named(0)).decodeTokensPerS).toBe(100);
    // What edges were told of the oldest is forgotten too: it is told anew, though it was told a moment ago.
    const { rttMs } = history.tell('n', named(999), { slots: 1, now: NOW });
    history.noteRtt('n', 500, NOW);
    expect(history.tell('n', named(999), { slots: 1, now: NOW }).rttMs).toBe(rttMs);
    expect(history.tell('n', named(0), { slots: 1, now: NOW }).rttMs).toBeGreaterThan(rttMs);
  }),
);

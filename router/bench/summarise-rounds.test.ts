import { describe, expect, test } from 'vitest';
import type { Slice } from './load.ts';
import { isBusy, summariseRounds } from './summarise-rounds.ts';

const slice = (part: Partial<Slice> = {}): Slice => ({
  requests: 100,
  faults: {},
  ttftsMs: [2],
  totalsMs: [4],
  gapsMs: [5],
  tokens: 1_000,
  seconds: 1,
  cpuS: { router: 0.3, agent: 0.1 },
  otherCores: 0,
  stolenCores: 0,
  ...part,
});

describe('rounds of a target', () => {
  test('are held against the bare path of the same round, not against its middle', () => {
    const rounds = [slice({ seconds: 2 }), slice({ seconds: 4 })];
    const floor = [slice({ seconds: 1 }), slice({ seconds: 1 })];
    const { requestsOfFloor } = summariseRounds(rounds, { direct: [], floor });
    expect(requestsOfFloor).toEqual({ median: 0.375, min: 0.25, max: 0.5 });
  });

  test("tell the router's part of a chunk against the bare path's router and against all of it", () => {
    const floor = [slice({ cpuS: { router: 0.6, agent: 0.4 } })];
    const summary = summariseRounds([slice()], { direct: [], floor });
    expect(summary.routerPerChunkOfFloorRouter?.median).toBeCloseTo(0.5);
    expect(summary.routerPerChunkOfFloor?.median).toBeCloseTo(0.3);
    expect(summary.cpuPerChunkOfFloor?.median).toBeCloseTo(0.4);
  });

  test('do not add up the CPU of what only stands in for presence', () => {
    const summary = summariseRounds([slice({ cpuS: { router: 0.3, agent: 0.1, 'local presence': 5 } })], {
      direct: [],
      floor: [],
    });
    expect(summary.cpuMsPerRequest?.median).toBeCloseTo(4);
    expect(summary.cpuMsPerRequestOf['local presence']?.median).toBeCloseTo(50);
  });

  test('divide by the answers that were whole', () => {
    const summary = summariseRounds([slice({ faults: { 'status 500': 60 } })], { direct: [], floor: [] });
    expect(summary).toMatchObject({ bad: 60, requestsPerS: { median: 40 }, cpuMsPerRequest: { median: 10 } });
  });

  test('say nothing of a bare path that did not run', () => {
    const summary = summariseRounds([slice()], { direct: [], floor: [] });
    expect(summary).toMatchObject({ requestsOfFloor: null, addedTtftP50Ms: null });
  });

  test('say in which of them the machine was busy, be it with others here or by others on the host', () => {
    const rounds = [slice(), slice({ otherCores: 0.5 }), slice({ otherCores: 0.2, stolenCores: 0.2 })];
    expect(summariseRounds(rounds, { direct: [], floor: [] })).toMatchObject({ rounds: 3, busyRounds: [2, 3] });
    expect(isBusy(slice({ otherCores: 0.2 }))).toBe(false);
  });
});

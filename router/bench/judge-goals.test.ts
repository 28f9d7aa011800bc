import { describe, expect, test } from 'vitest';
import { judgeGoals } from './judge-goals.ts';
import type { Judged, Measured } from './judge-goals.ts';
import { printBusy, printGoals } from './print.ts';
import { summariseRounds } from './summarise-rounds.ts';
import type { Summary } from './summarise-rounds.ts';

const NOTHING: Measured = { results: {}, probes: {}, atRest: {} };
const EMPTY = summariseRounds([], { direct: [], floor: [] });

function figure(median: number): { median: number; min: number; max: number } {
  return { median, min: median, max: median };
}

function notStreamed(irori: Partial<Summary>, before: Partial<Summary> | null = null): Measured {
  const beside = before === null ? {} : { before: { ...EMPTY, ...before } };
  return { ...NOTHING, results: { 'not streamed': { irori: { ...EMPTY, ...irori }, ...beside } } };
}

function find(goals: readonly Judged[], what: string): Judged {
  return goals.find((goal) => goal.what.startsWith(what))!;
}

describe('a goal', () => {
  test('that was not measured is neither met nor missed', () => {
    for (const goal of judgeGoals(NOTHING)) expect(goal).toMatchObject({ now: null, isMet: null, ofGoal: null });
    expect(printGoals(judgeGoals(NOTHING))).not.toMatch(/ met|MISSED/);
  });

  test.each([
    [0.42, true, 1.2],
    [0.35, true, 1],
    [0.28, false, 0.8],
  ])('from below is judged by how much of it is there: %d of the floor', (share, isMet, ofGoal) => {
    const goal = find(judgeGoals(notStreamed({ requestsOfFloor: figure(share) })), 'requests/s');
    expect(goal).toMatchObject({ bound: 'at least', goal: 0.35, isMet });
    expect(goal.ofGoal).toBeCloseTo(ofGoal);
  });

  test.each([
    [1.2, true, 0.8],
    [3, false, 2],
  ])('from above likewise: %d ms a request', (ms, isMet, ofGoal) => {
    const goal = find(judgeGoals(notStreamed({ cpuMsPerRequest: figure(ms) })), 'CPU a request');
    expect(goal).toMatchObject({ bound: 'at most', goal: 1.5, stretch: 1.2, isMet });
    expect(goal.ofGoal).toBeCloseTo(ofGoal);
  });

  test('stands beside what another checkout came to in the same run', () => {
    const goals = judgeGoals(notStreamed({ cpuMsPerRequest: figure(1) }, { cpuMsPerRequest: figure(6) }));
    expect(find(goals, 'CPU a request')).toMatchObject({ now: figure(1), before: figure(6), isMet: true });
    expect(printGoals(goals)).toMatch(/before +now +goal/);
  });

  test('for what happens is missed where it never happens', () => {
    const probed = {
      cancelFlowingMs: null,
      cancelSilentMs: 40,
      deathMs: 300,
      isDeathTold: true,
      isDeathHidden: false,
      stalledPushedMb: 9,
      stalledGrowthMb: 1,
    };
    const goals = judgeGoals({ ...NOTHING, probes: { irori: probed } });
    expect(find(goals, 'a caller leaves while')).toMatchObject({ isMet: false });
    expect(find(goals, 'a caller leaves in silence')).toMatchObject({ isMet: true });
    expect(printGoals(goals)).toMatch(/while tokens flow.*never.*MISSED/);
  });

  test('that no answer is broken counts the broken ones of each target of its side alone', () => {
    const goals = judgeGoals(notStreamed({ bad: 0 }, { bad: 7 }));
    expect(find(goals, 'answers')).toMatchObject({ now: figure(0), before: figure(7), isMet: true });
  });
});

describe('a busy machine', () => {
  test('is told with the rounds in which it was', () => {
    const busy = { rounds: 3, busyRounds: [2], otherCores: figure(1.4), stolenCores: figure(0.1) };
    expect(printBusy(notStreamed(busy))).toMatch(/BUSY in 1 of 3 rounds.*1\.40 cores/s);
    expect(printBusy(notStreamed({ rounds: 3 }))).toMatch(/quiet/);
  });
});

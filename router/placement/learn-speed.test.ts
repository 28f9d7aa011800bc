import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectFailures, learnFailure, NO_FAILURES } from './learn-failures.ts';
import { guessRttMs, learnRtt, startRtt } from './learn-rtt.ts';
import { batchGain, expectSpeeds, learnSpeeds, makeSpeedPrior, NO_SPEEDS } from './learn-speed.ts';
import type { LearnedSpeeds, SpeedSample } from './learn-speed.ts';

const prior = { promptTokensPerS: 1000, decodeTokensPerS: 50 };

/** A job on an idle home of these real speeds. */
function job(real = prior, facts: Partial<SpeedSample> = {}): SpeedSample {
  const alone = { activeAtGrant: 0, meanBatch: 1, slots: 4, workTokens: 1000, outputTokens: 200, ...facts };
  const promptMs = (1e6 * alone.workTokens) / 1000 / real.promptTokensPerS + 1000 / real.decodeTokensPerS;
  return { ...alone, promptMs, decodeMs: (1000 * (alone.outputTokens - 1)) / real.decodeTokensPerS, ...facts };
}
const learn = (jobs: readonly SpeedSample[], from = NO_SPEEDS): LearnedSpeeds =>
  jobs.reduce((learned, one) => learnSpeeds(learned, prior, one), from);
const times = (count: number, one: SpeedSample): SpeedSample[] => Array.from({ length: count }, () => one);

describe('learned speeds', () => {
  test('before the first job the prior is believed, and a job as expected changes nothing', () => {
    expect(expectSpeeds(NO_SPEEDS, prior)).toEqual(prior);
    const { promptTokensPerS, decodeTokensPerS } = expectSpeeds(learn([job()]), prior);
    expect(promptTokensPerS).toBeCloseTo(1000);
    expect(decodeTokensPerS).toBeCloseTo(50);
  });

  test('a prior that is wrong by 2.7 is off by less than a tenth after ten jobs', () => {
    for (const factor of [2.7, 1 / 2.7]) {
      const real = { promptTokensPerS: 1000 * factor, decodeTokensPerS: 50 * factor };
      const found = expectSpeeds(learn(times(10, job(real))), prior);
      expect(Math.abs(Math.log(found.promptTokensPerS / real.promptTokensPerS))).toBeLessThan(0.1);
      expect(Math.abs(Math.log(found.decodeTokensPerS / real.decodeTokensPerS))).toBeLessThan(0.1);
    }
  });

  test('a prior that is a lie by a factor of ten thousand is off by less than a third after four jobs', () => {
    for (const factor of [1e4, 1e-4]) {
      const real = { promptTokensPerS: 1000 * factor, decodeTokensPerS: 50 * factor };
      const found = expectSpeeds(learn(times(4, job(real))), prior);
      expect(Math.abs(Math.log(found.decodeTokensPerS / real.decodeTokensPerS))).toBeLessThan(0.33);
      expect(Math.abs(Math.log(found.promptTokensPerS / real.promptTokensPerS))).toBeLessThan(0.6);
    }
  });

  test('one hiccup moves what twenty jobs said by less than a twentieth', () => {
    const found = expectSpeeds(
      learn([job({ promptTokensPerS: 5, decodeTokensPerS: 0.2 })], learn(times(20, job()))),
      prior,
    );
    expect(found.promptTokensPerS).toBeGreaterThan(950);
    expect(found.decodeTokensPerS).toBeGreaterThan(47.5);
  });

  test('a home that really became slower is believed so within forty jobs', () => {
    const slow = { promptTokensPerS: 400, decodeTokensPerS: 20 };
    const found = expectSpeeds(learn(times(40, job(slow)), learn(times(40, job()))), prior);
    expect(found.promptTokensPerS).toBeLessThan(600);
    expect(found.decodeTokensPerS).toBeLessThan(30);
  });

  test('what other streams cost is taken out', () => {
    expect([batchGain(4, 1), batchGain(1, 1), batchGain(4, 4)]).toEqual([1, 1, expect.closeTo(2.29)]);
    const together = job(prior, { activeAtGrant: 3, meanBatch: 4 });
    const each = (50 * batchGain(4, 4)) / 4;
    const sample = { ...together, decodeMs: (1000 * 199) / each, promptMs: 1250 + 1000 / each };
    const found = expectSpeeds(learn(times(5, sample)), prior);
    expect(found.decodeTokensPerS).toBeCloseTo(50);
    expect(found.promptTokensPerS).toBeCloseTo(1000);
  });

  test('samples of nothing change nothing', () => {
    const empty = { ...job(), workTokens: 0, outputTokens: 1 };
    expect(learn([empty])).toEqual(NO_SPEEDS);
    expect(learn([{ ...job(), promptMs: 0, decodeMs: 0 }])).toEqual(NO_SPEEDS);
    expect(learn([{ ...job(), promptMs: Number.NaN, decodeMs: Number.NaN }])).toEqual(NO_SPEEDS);
  });

  test('a prior of nothing learns nothing that is no number', () => {
    const none = { promptTokensPerS: 0, decodeTokensPerS: 0 };
    expect(learnSpeeds(NO_SPEEDS, none, job())).toEqual(NO_SPEEDS);
  });

  test('the class draws a benchmark to itself, and stands in where there is none', () => {
    expect(makeSpeedPrior(prior, null)).toEqual(prior);
    const ofClass = { promptTokensPerS: 2000, decodeTokensPerS: 100 };
    const blended = makeSpeedPrior(prior, ofClass).promptTokensPerS;
    expect(blended).toBeGreaterThan(1000);
    expect(blended).toBeLessThan(1500);
    expect(makeSpeedPrior({ promptTokensPerS: 0, decodeTokensPerS: 0 }, ofClass)).toEqual(ofClass);
    expect(makeSpeedPrior({ promptTokensPerS: 0, decodeTokensPerS: 0 }, null).promptTokensPerS).toBe(1);
  });

  test('whatever is seen, a belief is a finite speed and survives JSON', () => {
    const any = fc.double({ min: 0, max: 1e6, noNaN: true });
    const sample = fc.record({
      workTokens: any,
      promptMs: any,
      outputTokens: any,
      decodeMs: any,
      meanBatch: fc.double({ min: 0, max: 8, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(sample), (samples) => {
        const learned = learn(samples.map((facts) => ({ ...job(), ...facts })));
        const { promptTokensPerS, decodeTokensPerS } = expectSpeeds(learned, prior);
        expect(promptTokensPerS > 0 && Number.isFinite(promptTokensPerS)).toBe(true);
        expect(decodeTokensPerS > 0 && Number.isFinite(decodeTokensPerS)).toBe(true);
        expect(JSON.parse(JSON.stringify(learned))).toEqual(learned);
      }),
    );
  });
});

describe('learned failures', () => {
  const HOUR = 3_600_000;
  const DAY = 24 * HOUR;
  const jobs = (count: number, at: number, isBroken: boolean, from = NO_FAILURES) =>
    Array.from({ length: count }).reduce<typeof NO_FAILURES>((record) => learnFailure(record, { at, isBroken }), from);

  test('an unknown home is thought to break one job in a hundred', () => {
    expect(expectFailures(NO_FAILURES, 5 * DAY)).toBeCloseTo(0.01);
  });

  test('jobs that were kept make it better, broken ones worse', () => {
    expect(expectFailures(jobs(100, DAY, false), DAY)).toBeLessThan(0.005);
    expect(expectFailures(jobs(5, DAY, true), DAY)).toBeGreaterThan(0.2);
  });

  test('an hour at which it fails is worse than the rest of its day', () => {
    const record = jobs(10, DAY + 20 * HOUR, true, jobs(100, DAY + 8 * HOUR, false));
    expect(expectFailures(record, DAY + 20 * HOUR)).toBeGreaterThan(3 * expectFailures(record, DAY + 8 * HOUR));
    // The hours beside it are half as bad, across midnight too.
    expect(expectFailures(jobs(10, DAY + 23 * HOUR, true), 2 * DAY)).toBeGreaterThan(0.3);
  });

  test('days make it forgotten, and time that runs back does not', () => {
    const record = jobs(20, DAY, true);
    expect(expectFailures(record, 30 * DAY)).toBeCloseTo(0.01, 2);
    expect(expectFailures(record, 0)).toBe(expectFailures(record, DAY));
  });
});

describe('learned round trips', () => {
  test('a pair never measured is guessed from its distance', () => {
    expect(guessRttMs(1000)).toBe(32);
    expect(startRtt(1000)).toEqual({ meanMs: 32, samples: 0 });
  });

  test('measurements take over, and a hiccup does not', () => {
    const measured = Array.from({ length: 20 }).reduce<ReturnType<typeof startRtt>>(
      (rtt) => learnRtt(rtt, 80),
      startRtt(0),
    );
    expect(Math.abs(measured.meanMs - 80)).toBeLessThan(4);
    expect(learnRtt(measured, 100_000).meanMs).toBeLessThan(110);
  });

  test('what is no time at all changes nothing', () => {
    const rtt = startRtt(10);
    expect(learnRtt(rtt, Number.NaN)).toBe(rtt);
    expect(learnRtt(rtt, -1)).toBe(rtt);
    expect(learnRtt(rtt, Infinity)).toBe(rtt);
  });
});

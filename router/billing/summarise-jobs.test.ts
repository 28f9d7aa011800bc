import { expect, test } from 'vitest';
import { summariseJobs } from './summarise-jobs.ts';
import type { PartFacts } from './summarise-jobs.ts';

function makePart(some: Partial<PartFacts> = {}): PartFacts {
  const decision = { mode: 'closest', km: 10, ttftMs: 100, edgeMs: 0 };
  const plain = { jobId: 'job_1', model: 'm', outcome: 'complete', attempts: 1, ttftMs: 100 } as const;
  return { ...plain, isResumed: false, decision, ...some };
}

test('no parts give no figures and no NaN', () => {
  const { all, models, modes } = summariseJobs([]);
  expect({ models, modes }).toEqual({ models: {}, modes: {} });
  expect(all).toEqual({
    jobs: 0,
    parts: 0,
    ttft_ms: null,
    predicted_ttft_ms: null,
    prediction_error: null,
    distance_km_mean: null,
    outcomes: {},
    resumed: 0,
    attempts_mean: null,
  });
});

test('the error of a prediction is relative to what came, without the leg that the hub does not see', () => {
  const decision = { mode: 'closest', km: 10, ttftMs: 150, edgeMs: 50 };
  const parts = [80, 100, 125, 200].map((ttftMs) => makePart({ ttftMs, decision }));
  const { all } = summariseJobs(parts);
  expect(all.prediction_error).toEqual({ p50: 0.2, p90: 0.5, compared: 4 });
  expect(all.predicted_ttft_ms).toEqual({ p50: 100 });
  expect(all.ttft_ms).toEqual({ p50: 100, p95: 200 });
});

test('parts without a first token or a decision are counted and not compared', () => {
  const parts = [
    makePart({ ttftMs: null, outcome: 'failed-before-token' }),
    makePart({ ttftMs: 0 }),
    makePart({ decision: null, jobId: 'job_2' }),
  ];
  const { all, modes } = summariseJobs(parts);
  expect(all.prediction_error).toBeNull();
  expect(all.ttft_ms).toEqual({ p50: 0, p95: 100 });
  expect(all).toMatchObject({ jobs: 2, parts: 3, outcomes: { 'failed-before-token': 1, complete: 2 } });
  expect(modes['closest']?.parts).toBe(2);
});

test('figures stand by model and by mode; resumed parts, attempts and distances are told', () => {
  const far = { mode: 'fastest', km: 30, ttftMs: 10, edgeMs: 0 };
  const { models, modes, all } = summariseJobs([
    makePart(),
    makePart({ model: 'n', decision: far, isResumed: true, attempts: 2 }),
  ]);
  expect(Object.keys(models)).toEqual(['m', 'n']);
  expect(modes['fastest']).toMatchObject({ resumed: 1, attempts_mean: 2, distance_km_mean: 30 });
  expect(all).toMatchObject({ resumed: 1, attempts_mean: 1.5, distance_km_mean: 20, jobs: 1, parts: 2 });
});

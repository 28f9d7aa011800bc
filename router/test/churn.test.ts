// A short run of `npm run churn`: homes of several areas come and go, and no stream or unit is lost.
import { expect, test } from 'vitest';
import { runChurn } from '../bench/churn-run.ts';

test('forty streams over eight homes that are lost again and again', async () => {
  const lines: string[] = [];
  const run = await runChurn({
    streams: 40,
    seed: 4,
    agents: 8,
    callers: 8,
    perHour: 6,
    lossEveryMs: 20_000,
    keepFolder: false,
    tell: (line) => void lines.push(line),
  });
  expect({ ...run, lines }).toMatchObject({
    streams: 40,
    properEnd: 40,
    completed: 40,
    exactMismatches: 0,
    overcharged: 0,
    ledgerDelta: 0,
    faults: {},
  });
  expect(run.losses).toBeGreaterThan(3);
});

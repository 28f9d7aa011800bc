import { expect, test } from 'vitest';
import { tellEnd } from './job-closing.ts';

/** An account that does not hear the first `lost` tellings. */
async function close(lost: number): Promise<{ told: number; toldAtFirst: number; away: number }> {
  let told = 0;
  let away = 0;
  const later: Promise<void>[] = [];
  await tellEnd({
    release: async () => {
      told += 1;
      if (told <= lost) throw new Error('the account is away');
    },
    waitUntil: (work) => void later.push(work),
    pausesMs: [1, 1, 1],
    onAway: () => void (away += 1),
  });
  const toldAtFirst = told;
  await Promise.all(later);
  return { told, toldAtFirst, away };
}

test('an account that hears it is told once', async () => {
  expect(await close(0)).toEqual({ told: 1, toldAtFirst: 1, away: 0 });
});

test('one that is away is told again until it hears, and the answer waits for none but the first telling', async () => {
  expect(await close(2)).toEqual({ told: 3, toldAtFirst: 1, away: 2 });
});

test('one that never hears is left to the lapse of the hold', async () => {
  expect(await close(9)).toEqual({ told: 4, toldAtFirst: 1, away: 4 });
});

import { expect, test } from 'vitest';
import { expectTurnMs } from './expect-turn.ts';

const one = { heldMs: [400, 400, 400], runningMs: [100] };

test('the first to wait gets the slot when the job that runs should end', () => {
  expect(expectTurnMs([one], 0, 0.5)).toBe(300);
});

test('each of those ahead takes as long as jobs took', () => {
  expect(expectTurnMs([one], 1, 0.5)).toBe(700);
  expect(expectTurnMs([one], 6, 0.5)).toBe(300 + 6 * 400);
});

test('slots of one home and of several are taken as they come free', () => {
  const two = { heldMs: [1000], runningMs: [900, 500] };
  expect([0, 1, 2, 3].map((ahead) => expectTurnMs([two, one], ahead, 0.5))).toEqual([100, 300, 500, 700]);
});

test('a job that runs longer than others did is not expected to end at once', () => {
  expect(expectTurnMs([{ heldMs: [400], runningMs: [9000] }], 0, 0.5)).toBe(100);
});

test('a few long jobs do not speak for all, where the shorter ones are reckoned with', () => {
  const mixed = { heldMs: [200, 200, 40_000, 40_000], runningMs: [0] };
  expect(expectTurnMs([mixed], 0, 0.25)).toBe(200);
  expect(expectTurnMs([mixed], 0, 1)).toBe(40_000);
});

test('where no job has ended yet nothing is known', () => {
  expect(expectTurnMs([one, { heldMs: [], runningMs: [5] }], 0, 0.5)).toBeNull();
  expect(expectTurnMs([], 0, 0.5)).toBeNull();
});

import { expect, test } from 'vitest';
import { drawChaos, JOB_KINDS, priceMost, TROUBLES } from './draw-chaos.ts';

test('a seed gives the same plan, and another seed another', () => {
  const plan = drawChaos(7, { jobs: 50, restoresRouter: true });
  expect(drawChaos(7, { jobs: 50, restoresRouter: true })).toEqual(plan);
  expect(drawChaos(8, { jobs: 50, restoresRouter: true })).not.toEqual(plan);
});

test('every trouble comes, in the order of the calls, and the copy of the router ahead of the start from it', () => {
  const { jobs, troubles } = drawChaos(3, { jobs: 120, restoresRouter: true });
  expect(new Set(jobs.map(({ kind }) => kind))).toEqual(new Set(JOB_KINDS));
  const kinds = troubles.map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set([...TROUBLES, 'router-copied', 'router-restored']));
  expect(kinds.indexOf('router-copied')).toBeLessThan(kinds.indexOf('router-restored'));
  const times = troubles.map(({ afterCalls }) => afterCalls);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(120);
});

test('without a restored router there is no copy of it', () => {
  const { troubles } = drawChaos(3, { jobs: 120, restoresRouter: false });
  expect(troubles.some(({ kind }) => kind.startsWith('router-') && kind !== 'router-killed')).toBe(false);
});

test('an answer costs its prompt and twice its output at most, two of them twice that, and one of the own home nothing', () => {
  const [job] = drawChaos(1, { jobs: 1, restoresRouter: false }).jobs;
  const of = (kind: (typeof JOB_KINDS)[number]) => priceMost({ ...job!, kind, tokens: 10 }, 7);
  expect([of('stream'), of('two'), of('free')]).toEqual([27, 47, 0]);
});

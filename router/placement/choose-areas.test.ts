import { expect, test } from 'vitest';
import { sortAreas } from '../../schema/places.ts';
import { NO_WISH } from '../../schema/placement.ts';
import { NEAR_AREAS, isBroken, splitAreas } from './choose-areas.ts';
import type { RankedHub } from './rank-hubs.ts';

const sorted = sortAreas({ lat: 48.9, lon: 2.4 });

test('the closest home is looked for in near areas first, any other in all of them', () => {
  const { near, far } = splitAreas(sorted, { ...NO_WISH, mode: 'closest' });
  expect([near.length, [...near, ...far]]).toEqual([NEAR_AREAS, sorted]);
  expect(splitAreas(sorted, { ...NO_WISH, mode: 'fastest' })).toEqual({ near: sorted, far: [] });
});

test('where only few homes will do, all areas are near', () => {
  for (const wish of [{ pool: { kind: 'mine' } }, { only: ['node_a'] }, { order: ['node_a'] }] as const)
    expect(splitAreas(sorted, { ...NO_WISH, mode: 'closest', ...wish }).far).toEqual([]);
});

test('a ranking is broken where homes are there and none should keep the promise', () => {
  const hub = (keeps: boolean): RankedHub => ({
    hub: 'h',
    preferNodeId: null,
    km: 1,
    edgeRttMs: 1,
    scoreMs: 1,
    keeps,
  });
  const ranking = (ranked: RankedHub[]) => ({
    ranked,
    emptiedBy: null,
    contextTokens: null,
    hasModel: true,
    fitting: new Map(),
  });
  expect(isBroken(ranking([hub(false), hub(false)]))).toBe(true);
  expect(isBroken(ranking([hub(false), hub(true)]))).toBe(false);
  expect(isBroken(ranking([]))).toBe(false);
});

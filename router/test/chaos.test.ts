// A short run of `npm run chaos:ledger`: whatever befalls the router, its homes and the messages of money, each answer is charged as told.
import { expect, test } from 'vitest';
import { runChaos } from '../bench/chaos-run.ts';

test('forty jobs of all sorts while everything fails once, and nothing about money is wrong', async () => {
  const lines: string[] = [];
  const tell = (line: string): void => void lines.push(line);
  const options = { jobs: 40, seed: 6, callers: 10, homes: 2, percent: 15, restoresRouter: true, tell };
  const { violations, ends, troubles, faults, acceptances } = await runChaos(options);
  expect({ violations, lines: violations.length > 0 ? lines : [] }).toEqual({ violations: [], lines: [] });
  expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBe(40);
  expect(troubles).toMatchObject({ 'router-killed': 1, 'router-copied': 1, 'router-restored': 1, 'books-away': 1 });
  expect(Object.keys(faults).length).toBeGreaterThan(5);
  expect(acceptances).toBeGreaterThan(5);
});

// A short run of `npm run fuzz`: bodies that grow from valid ones, over every endpoint that takes one.
import { expect, test } from 'vitest';
import { ENDPOINTS } from '../bench/fuzz/endpoints.ts';
import { runFuzz } from '../bench/fuzz-run.ts';
import { ENDPOINTS as TOLD } from '../docs/endpoints.ts';

/** Enough to meet each branch; `FUZZ_CASES=100000` for a long look. */
const CASES = Number(process.env['FUZZ_CASES'] ?? 1500);

test('every path of the API that takes JSON is fuzzed, but those that manage an account, which fuzz.test.ts asks', () => {
  const paths = TOLD.flatMap(({ method, path, body, isForm, manages }) =>
    method === 'post' && body && !isForm && !manages && !path.startsWith('/v1/owner/') ? [path] : [],
  );
  expect(ENDPOINTS.map(({ path }) => path).toSorted()).toEqual(paths.toSorted());
});

test('whatever is sent is answered or refused by name: no status of 500 and above but a home’s, no word of the inside, no stream without an end', async () => {
  const { findings, statuses, isAlive, cases } = await runFuzz({ cases: CASES, seed: 12 });
  expect(findings).toEqual([]);
  expect([isAlive, cases]).toEqual([true, CASES]);
  expect(Object.keys(statuses)).toHaveLength(ENDPOINTS.length);
  for (const counts of Object.values(statuses))
    expect(Object.keys(counts)).toEqual(expect.arrayContaining(['200', '400']));
});

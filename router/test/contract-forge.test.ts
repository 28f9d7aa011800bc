// What forge draws against the contracts as they are deployed, and whether it would notice if they were wrong.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORGE, openForge } from './forge-runner.ts';
import type { Forge } from './forge-runner.ts';
import { huntMutants, NONE } from './mutant-hunt.ts';

/** Of all mutants every so many-th is tried in each run of the tests; `npm run mutants` tries all. */
const EVERY = 6;

/** What must not only be refused: each went through so often at least, in all histories together. */
const LEAST_REACHED = 10;
/** What must be refused (a claim by another root but where it is the same one); so often it was tried at least. */
const REFUSED = ['trespass', 'accusation', 'claim: other', 'setValues out of bounds'];
const LEAST_TRIED = 50;

describe.skipIf(FORGE === null)('with forge (installed by .ci/run)', () => {
  let forge: Forge;
  beforeAll(async () => {
    forge = await openForge(FORGE ?? '');
  });
  afterAll(() => forge.close());

  test('whatever anybody does to the deployed contracts, in whatever order, goes through where it should and nowhere else', async () => {
    const { passed, failed, reach } = await forge.run({ artifacts: null });
    expect(failed).toEqual([]);
    expect(passed).toHaveLength(9);
    expect(reach.size).toBeGreaterThan(30);
    const thin = [...reach].filter(([act, { reached, refused }]) =>
      REFUSED.includes(act) ? refused < LEAST_TRIED : reached < LEAST_REACHED,
    );
    expect(thin, 'was reached too seldom to say anything').toEqual([]);
  });

  test('a fault in the contracts is noticed, and no fault is not', async () => {
    const caught = await huntMutants(forge, (number) => number % EVERY === 1);
    expect(caught.length).toBeGreaterThan(10);
    expect(caught.filter(({ by }) => by === null)).toEqual([{ name: NONE, by: null }]);
  });
});

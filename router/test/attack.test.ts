// A short run of `npm run attack`: the cheapest attacks beside honest calls, of which all are answered and none pays for anything else. How long
// callers wait and what memory is used depends on the machine: `npm run attack` judges that.
import { expect, test } from 'vitest';
import { findAttacks, runAttacks } from '../bench/attack-run.ts';

/** Each holds its own sockets, homes and accounts, and none floods: the machine is shared. */
const SHORT = [
  'resume-off-preempted',
  'hand-on',
  'leave-then-claim',
  'inflated-receipts',
  'equivocating-receipts',
  'seals-used-twice',
  'withheld-receipts',
  'own-done',
  'forged-usage',
  'claims-max-first',
  'phishing-refusal',
  'relayed-nonce',
];
const ROUND_MS = 1000;
/** On a busy machine an honest home may take seconds to say that it runs a job: it must not be taken for silent. */
const PATIENT = { headMs: 4000, turnWaitMs: 60_000 };

test('there are at least thirty attacks, each with a name of its own', () => {
  const names = findAttacks([]).map(({ attack }) => attack.name);
  expect(names.length).toBeGreaterThanOrEqual(30);
  expect(new Set(names).size).toBe(names.length);
  expect(() => findAttacks(['no-such-attack'])).toThrow(RangeError);
});

test('honest calls beside hostile homes and callers are all answered, and no unit comes from nothing', async () => {
  const tell = (line: string): void => console.log(line);
  const { undisturbed, attacks } = await runAttacks({
    only: SHORT,
    roundMs: ROUND_MS,
    agents: 1,
    timings: PATIENT,
    tell,
  });
  expect(undisturbed.answered).toBe(undisturbed.asked);
  expect(attacks.map(({ name }) => name).sort()).toEqual(SHORT.toSorted());
  for (const { name, asked, answered, units, notes } of attacks) {
    expect({ name, answered, units, notes }).toEqual({ name, answered: asked, units: 0, notes: [] });
    expect(asked).toBeGreaterThan(0);
  }
});

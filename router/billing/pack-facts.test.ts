import { expect, test } from 'vitest';
import { makeNode, makePart } from '../test/workerd/make-settlement.ts';
import { packFacts, readFacts, toFact } from './pack-facts.ts';

const { withReceipt: part } = makePart(makeNode('facts'));

test('what statistics read of a part comes back, and its home’s choice where there was one', () => {
  const older = {
    ...part,
    endedAt: part.endedAt - 70,
    ttftMs: null,
    resumed: 'exact' as const,
    outcome: 'cancelled' as const,
  };
  const facts = readFacts(packFacts([part, older].map(toFact), part.endedAt), part.endedAt);
  expect(facts).toMatchObject([
    {
      jobId: part.jobId,
      model: 'nano-demo',
      outcome: 'complete',
      endedAt: part.endedAt,
      ttftMs: 100,
      isResumed: false,
      decision: null,
    },
    { outcome: 'cancelled', endedAt: part.endedAt - 70, ttftMs: null, isResumed: true },
  ]);
});

test('a part that is only listed has no facts, and sixty parts take some sixty bytes each', () => {
  expect(readFacts(packFacts([], 5, { bare: [['ab'.repeat(16), 0]] }), 5)).toEqual([]);
  const many = Array.from({ length: 60 }, () => toFact(part));
  expect(packFacts(many, part.endedAt).length).toBeLessThan(60 * 66);
});

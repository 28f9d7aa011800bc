import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitCharge } from '../../schema/prices.ts';
import { OUTCOMES } from '../../schema/settlement.ts';
import type { Outcome } from '../../schema/settlement.ts';
import { decideCharge } from './decide-charge.ts';
import type { PartFacts } from './decide-charge.ts';
import { priceJob } from './price-job.ts';

const price = { priceIn: 1_000_000, priceOut: 2_000_000 };
const counts = { promptTokens: 100, outputTokens: 200 };
const part = { outcome: 'complete' as Outcome, counts, price, chargePrompt: true };

describe('the charging table', () => {
  test('what the network takes is its part’s own share, where a vote has changed it', () => {
    expect(decideCharge({ ...part, feeBps: 800 })).toEqual({ charge: 500, earn: 460 });
    expect(decideCharge({ ...part, feeBps: 0 })).toEqual({ charge: 500, earn: 500 });
  });

  test('complete, or cut by max_tokens: prompt and output as relayed, and the same less the fee', () => {
    expect(decideCharge(part)).toEqual({ charge: 500, earn: 450 });
  });

  test('cancelled by the caller: prompt and output relayed until then', () => {
    expect(decideCharge({ ...part, outcome: 'cancelled', counts: { promptTokens: 100, outputTokens: 7 } })).toEqual({
      charge: 114,
      earn: 103,
    });
    expect(decideCharge({ ...part, outcome: 'cancelled', counts: { promptTokens: 100, outputTokens: 0 } })).toEqual({
      charge: 100,
      earn: 90,
    });
  });

  test.each<Outcome>(['interrupted-by-node', 'interrupted-by-network'])(
    '%s: the part delivered is charged and earned, its prompt charged once',
    (outcome) => {
      expect(decideCharge({ ...part, outcome })).toEqual({ charge: 500, earn: 450 });
      expect(decideCharge({ ...part, outcome, chargePrompt: false })).toEqual({ charge: 400, earn: 450 });
    },
  );

  test('the part that resumed: output only is charged, its own prefill and output are earned, the fees pay the prefill', () => {
    expect(decideCharge({ ...part, chargePrompt: false })).toEqual({ charge: 400, earn: 450 });
  });

  test('a part that goes on from what no hub has settled: the prompt is charged without the answer so far', () => {
    expect(decideCharge({ ...part, resumedTokens: 60 })).toEqual({ charge: 440, earn: 450 });
    expect(decideCharge({ ...part, resumedTokens: 160 })).toEqual({ charge: 400, earn: 450 });
    expect(decideCharge({ ...part, resumedTokens: 60, chargePrompt: false })).toEqual({ charge: 400, earn: 450 });
  });

  test.each<Outcome>(['failed-before-token', 'refused'])('%s: nothing', (outcome) => {
    expect(decideCharge({ ...part, outcome })).toEqual({ charge: 0, earn: 0 });
  });

  test('failed by the node after tokens, not resumable: nothing', () => {
    expect(decideCharge({ ...part, outcome: 'failed-by-node' })).toEqual({ charge: 0, earn: 0 });
  });

  test('failed by the network after tokens, not resumable: free for the caller, the delivered part from the fees', () => {
    expect(decideCharge({ ...part, outcome: 'failed-by-network' })).toEqual({ charge: 0, earn: 450 });
  });

  test.each<Outcome>(['failed-by-node', 'failed-by-network'])('%s without a token: nothing', (outcome) => {
    const silent = { ...part, outcome, counts: { promptTokens: 100, outputTokens: 0 } };
    expect(decideCharge(silent)).toEqual({ charge: 0, earn: 0 });
  });

  test('a free model charges and earns nothing, however it ends', () => {
    for (const outcome of OUTCOMES)
      expect(decideCharge({ ...part, outcome, price: { priceIn: 0, priceOut: 0 } })).toEqual({ charge: 0, earn: 0 });
  });
});

const tokens = fc.nat(100_000);
const micro = fc.nat(1_000_000_000);
const anyPart: fc.Arbitrary<PartFacts> = fc.record({
  outcome: fc.constantFrom(...OUTCOMES),
  counts: fc.record({ promptTokens: tokens, outputTokens: tokens }),
  price: fc.record({ priceIn: micro, priceOut: micro }),
  chargePrompt: fc.boolean(),
});

test('the home earns more than the charge less the fee only where the fees pay: a second prefill or the network’s fault', () => {
  fc.assert(
    fc.property(anyPart, (any) => {
      const { charge, earn } = decideCharge(any);
      const feesPay = !any.chargePrompt || any.outcome === 'failed-by-network';
      expect(feesPay || earn <= splitCharge(charge).earn).toBe(true);
      expect(Number.isSafeInteger(charge) && Number.isSafeInteger(earn) && charge >= 0 && earn >= 0).toBe(true);
    }),
  );
});

test('a job holds its prompt once and all its output; a free one nothing', () => {
  expect(priceJob({ price: { priceIn: 0, priceOut: 0 }, promptTokens: 100, maxOutputTokens: 100 })).toBe(0);
  expect(priceJob({ price, promptTokens: 0, maxOutputTokens: 0 })).toBe(0);
  expect(priceJob({ price, promptTokens: 100, maxOutputTokens: 200 })).toBe(500);
});

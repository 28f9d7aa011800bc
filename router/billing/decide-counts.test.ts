import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideCounts } from './decide-counts.ts';
import type { CountFacts } from './decide-counts.ts';

const facts: CountFacts = {
  frameTokens: 200,
  exactOutput: null,
  mostOutput: 400,
  exactPrompt: null,
  promptBound: 1000,
  receipt: { promptTokens: 100, outputTokens: 200 },
  maxOutputTokens: 1000,
};

test('equal counts stand without a difference', () => {
  expect(decideCounts({ ...facts, exactPrompt: 100 })).toEqual({
    promptTokens: 100,
    outputTokens: 200,
    difference: null,
  });
});

describe('output', () => {
  test.each([
    ['one token more is within two: the lower', 201, 200, null],
    ['two tokens fewer is within two: the lower', 198, 198, null],
    ['1 % of the router’s count is within the tolerance', 1010, 1000, null],
    ['beyond 1 % the router’s count stands', 1011, 1000, 1011],
    ['far too many: the router’s count stands', 5000, 1000, 5000],
    ['far too few: the router’s count stands', 500, 1000, 500],
  ])('%s', (title, claimed, decided, difference) => {
    const router = title.includes('two') ? 200 : 1000;
    const { outputTokens, difference: found } = decideCounts({
      ...facts,
      exactOutput: router,
      exactPrompt: 100,
      receipt: { promptTokens: 100, outputTokens: claimed },
    });
    expect(outputTokens).toBe(decided);
    expect(found).toEqual(difference === null ? null : { promptTokens: 100, outputTokens: difference });
  });

  test('frames that claim more tokens than the characters can hold are not believed', () => {
    const padded = { ...facts, frameTokens: 900, receipt: { promptTokens: 100, outputTokens: 900 } };
    expect(decideCounts(padded)).toMatchObject({ outputTokens: 400, difference: { outputTokens: 900 } });
  });

  test('the exact count of the relayed text stands above what frames say', () => {
    expect(decideCounts({ ...facts, exactOutput: 150 })).toMatchObject({
      outputTokens: 150,
      difference: { outputTokens: 200 },
    });
  });

  test('no more than was allowed is ever paid', () => {
    expect(decideCounts({ ...facts, exactOutput: 300, maxOutputTokens: 256, receipt: null }).outputTokens).toBe(256);
  });

  test('without a receipt the router’s count stands', () => {
    expect(decideCounts({ ...facts, receipt: null })).toEqual({ promptTokens: 0, outputTokens: 200, difference: null });
  });
});

describe('prompt', () => {
  test('the router’s exact count stands against a claim far from it', () => {
    expect(decideCounts({ ...facts, exactPrompt: 50 })).toMatchObject({
      promptTokens: 50,
      difference: { promptTokens: 100 },
    });
  });

  test('a claim above the bound is cut to the bound and recorded', () => {
    const claimed = { ...facts, promptBound: 80, receipt: { promptTokens: 100, outputTokens: 200 } };
    expect(decideCounts(claimed)).toMatchObject({ promptTokens: 80, difference: { promptTokens: 100 } });
  });

  test('without a receipt and a count of its own the router charges nothing for the prompt', () => {
    expect(decideCounts({ ...facts, receipt: null }).promptTokens).toBe(0);
  });
});

const count = fc.nat(100_000);
const anyFacts: fc.Arbitrary<CountFacts> = fc.record<CountFacts>({
  frameTokens: count,
  exactOutput: fc.option(count),
  mostOutput: count,
  exactPrompt: fc.option(count),
  promptBound: count,
  receipt: fc.option(fc.record({ promptTokens: count, outputTokens: count })),
  maxOutputTokens: count,
});

describe('whatever is claimed', () => {
  test('the prompt never exceeds its bound nor the output its limit or its characters', () => {
    fc.assert(
      fc.property(anyFacts, (any) => {
        const { promptTokens, outputTokens } = decideCounts(any);
        const believable = any.exactOutput ?? any.mostOutput;
        expect(promptTokens).toBeLessThanOrEqual(any.promptBound);
        expect(outputTokens).toBeLessThanOrEqual(Math.min(any.maxOutputTokens, believable));
        expect([promptTokens, outputTokens].every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
      }),
    );
  });

  test('a receipt never raises a count that the router made itself', () => {
    const counted = anyFacts.map((any) => ({ ...any, exactPrompt: any.exactPrompt ?? 7 }));
    fc.assert(
      fc.property(counted, (any) => {
        const alone = decideCounts({ ...any, receipt: null });
        const decided = decideCounts(any);
        expect(decided.outputTokens).toBeLessThanOrEqual(alone.outputTokens);
        expect(decided.promptTokens).toBeLessThanOrEqual(alone.promptTokens);
      }),
    );
  });

  test('a receipt lowers such a count by at most two tokens or 1 %', () => {
    fc.assert(
      fc.property(anyFacts, (any) => {
        const alone = decideCounts({ ...any, receipt: null }).outputTokens;
        expect(alone - decideCounts(any).outputTokens).toBeLessThanOrEqual(Math.max(2, alone / 100));
      }),
    );
  });

  test('a difference is recorded exactly when a claim is beyond the tolerance', () => {
    const claimed = anyFacts.map((any) => ({ ...any, exactPrompt: null, promptBound: 100_000 }));
    fc.assert(
      fc.property(claimed, (any) => {
        const alone = decideCounts({ ...any, receipt: null }).outputTokens;
        const claim = any.receipt?.outputTokens ?? alone;
        const isFar = Math.abs(claim - alone) > Math.max(2, alone / 100);
        expect(decideCounts(any).difference).toEqual(isFar ? any.receipt : null);
      }),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { isOutboxFull, OUTBOX_LIMITS } from './judge-outbox.ts';
import type { OutboxFacts } from './judge-outbox.ts';

const { receipts, units, agedUnits } = OUTBOX_LIMITS;
const NOTHING: OutboxFacts = { receipts: 0, units: 0n, agedUnits: 0n };

describe.each<[string, OutboxFacts, OutboxFacts, OutboxFacts]>([
  ['by value', { ...NOTHING, units }, { ...NOTHING, units: units + 1n }, { ...NOTHING, units: units / 2n }],
  [
    'by the value of what has waited long',
    { ...NOTHING, agedUnits },
    { ...NOTHING, agedUnits: agedUnits + 1n },
    { ...NOTHING, agedUnits: agedUnits / 2n },
  ],
  [
    'by number',
    { ...NOTHING, receipts },
    { ...NOTHING, receipts: receipts + 1 },
    { ...NOTHING, receipts: receipts / 2 },
  ],
])('%s', (_, most, over, half) => {
  test('it is full past its limit, and until it is half empty', () => {
    expect(isOutboxFull(most, OUTBOX_LIMITS, false)).toBe(false);
    expect(isOutboxFull(over, OUTBOX_LIMITS, false)).toBe(true);
    expect(isOutboxFull(most, OUTBOX_LIMITS, true)).toBe(true);
    expect(isOutboxFull(half, OUTBOX_LIMITS, true)).toBe(false);
  });
});

test('hundreds of receipts on their way to a busy router are nothing unusual', () => {
  expect(isOutboxFull({ receipts: 2000, units: 2_000_000n, agedUnits: 0n }, OUTBOX_LIMITS, false)).toBe(false);
});

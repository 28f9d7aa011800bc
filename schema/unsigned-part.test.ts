import { expect, test } from 'vitest';
import { OUTCOMES } from './settlement.ts';
import type { SettlementJson } from './settlement.ts';
import { describeUnsigned } from './unsigned-part.ts';

const HASH = `0x${'ab'.repeat(32)}`;
/** What the function reads of a settlement. */
const PART = {
  outcome: 'interrupted-by-node',
  promptTokens: 7,
  outputTokens: 20,
  relayedHash: HASH,
  ticket: { part: 1 },
  ticketSignature: '0x01',
  receipt: null,
};

const describePart = (change: object = {}) => describeUnsigned({ ...PART, ...change } as unknown as SettlementJson);

test('a part that was cut short is told as it was relayed', () => {
  const told = { ticket: { part: 1 }, ticketSignature: '0x01', promptTokens: 7, outputTokens: 20, responseHash: HASH };
  expect(describePart()).toEqual({ ...told, finish: 'error' });
  expect(describePart({ outcome: 'cancelled' })).toEqual({ ...told, finish: 'cancelled' });
  // A ticket is proven by the seal that it is under.
  expect(describePart({ ticketSeal: { proof: [] } })).toEqual({ ...told, ticketSeal: { proof: [] }, finish: 'error' });
});

test('only outcomes that may still earn are told', () => {
  expect(OUTCOMES.filter((outcome) => describePart({ outcome }))).toEqual([
    'cancelled',
    'cut-off',
    'interrupted-by-node',
    'interrupted-by-network',
    'failed-by-network',
  ]);
});

test.each([
  ['has a receipt', { receipt: {} }],
  ['delivered nothing', { outputTokens: 0 }],
  ['was settled without a hash', { relayedHash: undefined }],
])('a part that %s is not told', (_, change) => {
  expect(describePart(change)).toBeNull();
});

import { expect, test } from 'vitest';
import type { SettlementJson } from '../../schema/settlement.ts';
import { tellSettled } from './tell-settled.ts';

const SETTLED = {
  part: 1,
  outcome: 'complete',
  isFinal: true,
  charge: 27,
  promptTokens: 7,
  outputTokens: 10,
  ttftMs: 5,
  responseHash: '0x0a',
  receipt: null,
  ticket: { salt: '0x0b', maxOutputTokens: 100, priceIn: '1000000', priceOut: '2000000', chargePrompt: true },
} as unknown as SettlementJson;

test('a part that its hub had settled as complete is told with its counts, its charge and the hash of its answer', () => {
  expect(tellSettled([SETTLED], 1)).toMatchObject({
    kind: 'settled',
    charge: 27,
    end: { promptTokens: 7, outputTokens: 10, finish: 'stop', ttftMs: 5, bill: { promptTokens: 7, outputTokens: 10 } },
    digest: { salt: '0x0b', hash: '0x0a' },
  });
});

test('one that reached its limit ended by it, and the hash may stand in the receipt alone, or nowhere', () => {
  const short = { ...SETTLED, ticket: { ...SETTLED.ticket, maxOutputTokens: 10 } };
  expect(tellSettled([short], 1)).toMatchObject({ end: { finish: 'length' } });
  const receipt = { responseHash: '0x0c' } as SettlementJson['receipt'];
  expect(tellSettled([{ ...SETTLED, responseHash: null, receipt }], 1)).toMatchObject({ digest: { hash: '0x0c' } });
  expect(tellSettled([{ ...SETTLED, responseHash: null }], 1)).toMatchObject({ digest: null });
});

test('nothing is told of a part that broke off, and of one that nobody has settled', () => {
  expect(tellSettled([{ ...SETTLED, outcome: 'interrupted-by-node' }], 1)).toBeNull();
  expect(tellSettled([SETTLED], 0)).toBeNull();
});

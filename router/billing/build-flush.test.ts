import { expect, test } from 'vitest';
import { makeNode, makePart } from '../test/workerd/make-settlement.ts';
import { buildPiece, mergePieces } from './build-flush.ts';
import { unpackSettlement } from './pack-settlement.ts';

const [first, second] = [makeNode('one'), makeNode('other')].map(
  (node) => makePart(node, { settlement: { accountId: 'acct_c', ownerAccountId: 'acct_o' } }).withReceipt,
);
const parts = [first, second].flatMap((part) =>
  part ? [{ ...part, accountId: 'acct_c', ownerAccountId: 'acct_o' }] : [],
);

test('parts of one account are summed up by book and by home, and each keeps its receipt', () => {
  const flush = mergePieces(parts.map((settlement) => buildPiece({ settlement, memo: null })));
  expect(flush?.postings).toEqual({ acct_c: -100, 'owner:acct_o': 90, fees: 10 });
  expect(flush?.homes).toEqual(Object.fromEntries(parts.map(({ nodeId }) => [nodeId, 5])));
  expect(flush?.at).toBe(Math.max(...parts.map(({ endedAt }) => endedAt)));
  expect(flush?.parts.map(({ packed }) => unpackSettlement(packed))).toEqual(parts);
});

test('what is free moves nothing, an owner’s own call is one book less, and no part pays out more than it took', () => {
  const [part] = parts;
  if (!part) throw new Error('no part');
  expect(buildPiece({ settlement: { ...part, charge: 0, earn: 0 }, memo: null })).toMatchObject({
    postings: {},
    homes: {},
  });
  expect(() => buildPiece({ settlement: { ...part, charge: 10, earn: 11 }, memo: null })).toThrow(RangeError);
  expect(mergePieces([])).toBeNull();
});

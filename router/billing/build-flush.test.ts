import { expect, test } from 'vitest';
import { makeNode, makePart } from '../test/workerd/make-settlement.ts';
import { buildFlush, mergeFlushes } from './build-flush.ts';
import { unpackSettlements } from './pack-settlement.ts';

const [first, second] = [makeNode('one'), makeNode('other')].map(
  (node) => makePart(node, { settlement: { accountId: 'acct_c', ownerAccountId: 'acct_o' } }).withReceipt,
);
const parts = [first, second].flatMap((part) =>
  part ? [{ ...part, accountId: 'acct_c', ownerAccountId: 'acct_o' }] : [],
);

test('parts of one account are summed up by book and by home, and each keeps its receipt', () => {
  const pieces = parts.flatMap((settlement) => buildFlush([{ settlement, memo: null }]) ?? []);
  const flush = mergeFlushes(pieces);
  expect(flush?.postings).toEqual({ acct_c: -100, 'owner:acct_o': 90, fees: 10 });
  expect(flush?.homes).toEqual(Object.fromEntries(parts.map(({ nodeId }) => [nodeId, 5])));
  expect(flush?.at).toBe(Math.max(...parts.map(({ endedAt }) => endedAt)));
  expect(unpackSettlements(flush?.packed ?? new Uint8Array())).toEqual(parts);
  const together = buildFlush(parts.map((settlement) => ({ settlement, memo: null })));
  expect({ ...together, packed: null, blocks: [] }).toEqual({ ...flush, packed: null, blocks: [] });
  expect(flush?.blocks.map(([count]) => count)).toEqual([1, 1]);
  expect(unpackSettlements(together?.packed ?? new Uint8Array())).toEqual(parts);
});

test('what is free moves nothing, an owner’s own call is and an owner’s own call is one book less', () => {
  const [part] = parts;
  if (!part) throw new Error('no part');
  expect(buildFlush([{ settlement: { ...part, charge: 0, earn: 0 }, memo: null }])).toMatchObject({
    postings: {},
    homes: {},
  });
  expect(buildFlush([])).toBeNull();
  expect(mergeFlushes([])).toBeNull();
});

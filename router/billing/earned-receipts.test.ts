import { expect, test } from 'vitest';
import type { SettlementJson } from '../../schema/settlement.ts';
import { findEarnedReceipts } from './earned-receipts.ts';

const settlement = (part: number, ownerAccountId: string): SettlementJson =>
  ({ jobId: 'job_1', part, ownerAccountId }) as SettlementJson;

function find(known: Readonly<Record<string, readonly string[]>>, archived: readonly SettlementJson[] = []) {
  const asked: string[] = [];
  const doors = {
    ledger: { findEarned: async () => [...archived] },
    findReceipts: async ({ accountId }: { accountId: string }) => {
      asked.push(accountId);
      return { settlements: [settlement(0, 'acct_me'), settlement(1, 'acct_other')], isPending: false };
    },
    payersOf: async (nodeId: string) => [...(known[nodeId] ?? [])],
  };
  const wanted = { jobId: 'job_1', accountId: 'acct_me', nodeIds: ['a', 'b'] };
  return findEarnedReceipts(doors, wanted).then((found) => ({ parts: found.map(({ part }) => part), asked }));
}

test('the payer that a home knows is asked once, and only what the owner’s own homes did is given', async () => {
  expect(await find({ a: ['acct_payer'], b: ['acct_payer'] })).toEqual({ parts: [0], asked: ['acct_payer'] });
});

test('of a job that no home remembers the archive is asked', async () => {
  expect(await find({}, [settlement(5, 'acct_me')])).toEqual({ parts: [5], asked: [] });
  expect(await find({})).toEqual({ parts: [], asked: [] });
});

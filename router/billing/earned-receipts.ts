// A job's settlements for who worked on it: its payer is found by the home's own object, and is told to nobody.
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Ledger } from './ledger.ts';
import type { FoundReceipts } from './receipt-finder.ts';

export interface EarnedReceiptDoors {
  readonly ledger: Pick<Ledger, 'findEarned'>;
  /** As receipt-finder.ts does, for the account that paid. */
  readonly findReceipts: (wanted: { jobId: string; accountId: string }) => Promise<FoundReceipts>;
  /** The accounts that called a job of the last week, by what one home accepted. */
  readonly payersOf: (nodeId: string, jobId: string) => Promise<string[]>;
}

/** Parts of a job that homes of this account did; `nodeIds`: those of its homes that are asked. Not what another account's homes did of it. */
export async function findEarnedReceipts(
  { ledger, findReceipts, payersOf }: EarnedReceiptDoors,
  {
    jobId,
    accountId,
    nodeIds,
  }: { readonly jobId: string; readonly accountId: string; readonly nodeIds: readonly string[] },
): Promise<SettlementJson[]> {
  const known = await Promise.all(nodeIds.map(async (nodeId) => payersOf(nodeId, jobId)));
  const payers = [...new Set(known.flat())];
  const found = await Promise.all(payers.map(async (payer) => findReceipts({ jobId, accountId: payer })));
  const recent = found.flatMap(({ settlements }) => settlements).filter((one) => one.ownerAccountId === accountId);
  return recent.length > 0 ? recent : ledger.findEarned(accountId, jobId);
}

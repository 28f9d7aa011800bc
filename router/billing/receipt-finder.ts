// A job's settlements, wherever they are: in the book, or on their way there from the account that decided them.
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Ledger } from './ledger.ts';

export interface ReceiptFinderDoors {
  readonly ledger: Pick<Ledger, 'findReceipts'>;
  readonly account: (accountId: string) => {
    receipts(jobId: string): Promise<{
      settlements: SettlementJson[];
      waiting: SettlementJson[];
      pending: boolean;
      flushes: number[];
    }>;
  };
}

export interface FoundReceipts {
  readonly settlements: SettlementJson[];
  /** True while more may come. */
  readonly isPending: boolean;
}

/**
 * A job's settlements. The account is read first and the book second, as settlements move: one that moves in between is seen in both and
 * counts as the book has it, where the other order could see it in neither.
 */
export async function findReceipts(
  doors: ReceiptFinderDoors,
  { jobId, accountId }: { jobId: string; accountId: string },
): Promise<FoundReceipts> {
  const { settlements, waiting, pending, flushes } = await doors.account(accountId).receipts(jobId);
  const booked = await doors.ledger.findReceipts(accountId, jobId, flushes);
  const known = new Set(booked.map(({ part }) => part));
  const rest = [...settlements, ...waiting].filter(({ part }) => !known.has(part));
  return {
    settlements: [...booked, ...rest].toSorted((a, b) => a.part - b.part),
    isPending: pending && !booked.some(({ isFinal }) => isFinal),
  };
}

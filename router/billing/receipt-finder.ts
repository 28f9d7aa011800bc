// A job's settlements, wherever they are: in the book, or on their way there from the account that decided them.
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Ledger } from './ledger.ts';

export interface ReceiptFinderDoors {
  readonly ledger: Pick<Ledger, 'findReceipts'>;
  readonly account: (accountId: string) => {
    receipts(jobId: string): Promise<{ settlements: SettlementJson[]; waiting: SettlementJson[]; pending: boolean }>;
  };
}

export interface FoundReceipts {
  readonly settlements: SettlementJson[];
  /** True while more may come. */
  readonly isPending: boolean;
}

/** A job's settlements: from the book, or while they are on their way there from the account that decided them. */
export async function findReceipts(
  doors: ReceiptFinderDoors,
  { jobId, accountId }: { jobId: string; accountId: string },
): Promise<FoundReceipts> {
  const booked = await doors.ledger.findReceipts(accountId, jobId);
  if (booked.some(({ isFinal }) => isFinal)) return { settlements: booked, isPending: false };
  const { settlements, waiting, pending } = await doors.account(accountId).receipts(jobId);
  const known = new Set(booked.map(({ part }) => part));
  const rest = [...settlements, ...waiting].filter(({ part }) => !known.has(part));
  return { settlements: [...booked, ...rest].toSorted((a, b) => a.part - b.part), isPending: pending };
}

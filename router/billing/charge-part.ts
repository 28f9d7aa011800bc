// What a part comes to in the book, for so many units: a part of its account's next flush, or an entry of its own. Pure.
import type { SettlementJson } from '../../schema/settlement.ts';
import { buildChargeEntries, buildSettleEntry } from './build-entry.ts';
import type { LedgerEntry } from './build-entry.ts';
import type { ChargedPart } from './build-flush.ts';
import type { JobShare } from './build-usage.ts';

/** Throws RangeError on what no hub decides: from then on every sum would be wrong. */
export function checkCounts({ charge, earn, promptTokens, outputTokens }: SettlementJson): void {
  for (const count of [charge, earn, promptTokens, outputTokens])
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError('a settlement holds whole numbers ≥ 0');
}

interface Booked {
  readonly parts: readonly ChargedPart[];
  readonly entries: readonly LedgerEntry[];
}

interface Why {
  /** Why it may be less than its hub decided. */
  readonly reason: string;
  readonly share: JobShare;
}

/** What a part that is charged so many units is in the book: a part of a flush, and an entry for what it earns beyond. */
export function chargePart(settlement: SettlementJson, charge: number, { reason, share }: Why): Booked {
  const [settled, ...entries] = buildChargeEntries(settlement, charge, reason);
  return { parts: settled?.settlement ? [{ settlement: settled.settlement, memo: settled.memo, share }] : [], entries };
}

/** One entry with all that it pays: another one would be new to a book that knows this. */
export function chargeAlone(settlement: SettlementJson, charge: number, { reason }: Pick<Why, 'reason'>): Booked {
  const memo = `charge lowered from ${settlement.charge} to ${charge}: ${reason}`;
  return { parts: [], entries: [buildSettleEntry({ ...settlement, charge }, memo)] };
}

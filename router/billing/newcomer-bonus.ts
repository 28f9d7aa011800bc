// The door to the bonuses of newcomers' homes: what is due by the book is booked once an epoch, out of the fees to the home's owner; the book's word on
// what was paid so far is what the leaf says.
import { buildBonusEntry } from './build-entry.ts';
import { BONUS_FACTS } from './ledger-sql.ts';
import type { Ledger } from './ledger.ts';
import { planBonus } from './plan-bonus.ts';

/** What each of these homes has been paid as a bonus by now, in units, this epoch's included. Rejects when the book does. */
export type PayBonuses = (
  nodeIds: readonly string[],
  when: { readonly epoch: number; readonly bonusBps: number; readonly at: number },
) => Promise<ReadonlyMap<string, number>>;

interface FactsRow {
  readonly nodeId: string;
  readonly accountId: string | null;
  readonly boughtFees: number;
  readonly brought: number;
  readonly drawn: number;
  readonly paid: number;
}

export function makeNewcomerBonus(database: D1Database, ledger: Pick<Ledger, 'apply'>): PayBonuses {
  const look = async (nodeIds: readonly string[]): Promise<FactsRow[]> =>
    (await database.prepare(BONUS_FACTS).bind(JSON.stringify(nodeIds)).all<FactsRow>()).results;
  return async (nodeIds, { epoch, bonusBps, at }) => {
    const rows = await look(nodeIds);
    const due = rows.flatMap(({ nodeId, accountId, boughtFees, brought, drawn, paid }) => {
      const amount = planBonus({ boughtFees, left: brought - drawn - paid, paid }, bonusBps);
      return amount > 0 && accountId !== null ? [buildBonusEntry({ nodeId, epoch, accountId, at, amount })] : [];
    });
    if (due.length > 0) await ledger.apply(due);
    const told = due.length > 0 ? await look(nodeIds) : rows;
    return new Map(told.map(({ nodeId, paid }) => [nodeId, paid]));
  };
}

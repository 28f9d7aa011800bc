// Two accounts of one part as one, as the book does it in D1: its settlement and a receipt that was paid later, in whichever order they came.
// Pure.
import type { SettlementJson } from '../../schema/settlement.ts';

/** The greater charge and earnings stand, a proof is never lost, and a part that turned out to be free has failed. */
export function mergeSettlements(known: SettlementJson, added: SettlementJson): SettlementJson {
  const { receipt, receiptSignature, receiptSeal, acceptance, acceptanceSignature, acceptanceSeal } = added;
  // Only the caller's account tells what paid.
  const paidFrom = known.paidFrom ?? added.paidFrom;
  const signed = { receipt, receiptSignature, receiptSeal, acceptance, acceptanceSignature, acceptanceSeal };
  const proof = acceptance === null ? {} : signed;
  return {
    ...known,
    ...proof,
    ...(paidFrom && { paidFrom }),
    outcome: added.outcome.startsWith('failed-') ? added.outcome : known.outcome,
    charge: Math.max(known.charge, added.charge),
    earn: Math.max(known.earn, added.earn),
  };
}

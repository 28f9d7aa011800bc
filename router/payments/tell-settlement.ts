// What is told of a payment: in x402's own form, and beside a receipt. Pure.
import type { SettlementResponse } from '../../schema/x402.ts';
import type { PaymentFacts } from './payment.ts';

/** For the header; null while it is on its way. */
export function tellSettlement({
  state,
  network,
  payer,
  charge,
  transaction,
  reason,
}: PaymentFacts): SettlementResponse | null {
  if (state === 'settled')
    return { success: true, transaction: transaction ?? '', network, payer, amount: String(charge ?? 0) };
  if (state === 'lost') return { success: false, transaction: '', network, payer, errorReason: reason ?? 'lost' };
  return null;
}

/** Beside a receipt. */
export function tellPayment(facts: PaymentFacts): object {
  const { id, scheme, network, payer, state, authorised, charge, transaction, reason } = facts;
  return {
    id,
    scheme,
    network,
    payer,
    state,
    authorised_micro: authorised,
    charge_micro: charge,
    settled_micro: state === 'settled' ? charge : 0,
    transaction: transaction === '' ? null : transaction,
    reason,
  };
}

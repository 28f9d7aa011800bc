// The header in which x402 tells of a settlement.
import { encodeHeader, PAYMENT_RESPONSE } from '../../schema/x402.ts';
import type { PaymentFacts } from '../payments/payment.ts';
import { tellSettlement } from '../payments/tell-settlement.ts';

/** None where nothing is known of it, or it is still on its way. */
export function toPaymentHeaders(facts: PaymentFacts | null): Record<string, string> {
  const settlement = facts && tellSettlement(facts);
  return settlement ? { [PAYMENT_RESPONSE]: encodeHeader(settlement) } : {};
}

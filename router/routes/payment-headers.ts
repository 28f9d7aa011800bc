// The header in which x402 tells of a settlement.
import type { Context } from 'hono';
import { encodeHeader, PAYMENT_RESPONSE } from '../../schema/x402.ts';
import type { PaymentFacts } from '../payments/payment.ts';
import { tellSettlement } from '../payments/tell-settlement.ts';
import type { AppEnv } from './app-env.ts';

/** None where nothing is known of it, or it is still on its way. */
export function toPaymentHeaders(facts: PaymentFacts | null): Record<string, string> {
  const settlement = facts && tellSettlement(facts);
  return settlement ? { [PAYMENT_RESPONSE]: encodeHeader(settlement) } : {};
}

/** What a whole answer can say of its payment, where it has one. Never rejects: the answer is there. */
export async function settleHeaders(c: Context<AppEnv>): Promise<Record<string, string>> {
  const settled = c.get('payment')?.settle() ?? {};
  return Promise.resolve(settled).catch(() => ({}));
}

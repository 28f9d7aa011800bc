// A settled part without a receipt, as its home is asked to sign for it: a home that was killed knows nothing of it any more. Pure.
import type * as z from 'zod';
import type { unsignedSchema } from './frames-to-node.ts';
import type { Outcome, SettlementJson } from './settlement.ts';

export type UnsignedPart = z.input<typeof unsignedSchema>;

/** Outcomes of parts that were cut short and may still earn; whether one that its home broke off does shows when its job has ended. */
const SIGNABLE: readonly Outcome[] = [
  'cancelled',
  'cut-off',
  'interrupted-by-node',
  'interrupted-by-network',
  'failed-by-network',
];

/** Null for a part that needs no receipt: it has one, delivered nothing, or earns nothing. */
export function describeUnsigned(settlement: SettlementJson): UnsignedPart | null {
  const { outcome, ticket, ticketSignature, ticketSeal, promptTokens, outputTokens, relayedHash } = settlement;
  if (settlement.receipt || outputTokens === 0 || !relayedHash || !SIGNABLE.includes(outcome)) return null;
  const finish = outcome === 'cancelled' ? 'cancelled' : 'error';
  const proof = { ticketSignature, ...(ticketSeal && { ticketSeal }) };
  return { ticket, ...proof, promptTokens, outputTokens, responseHash: relayedHash, finish };
}

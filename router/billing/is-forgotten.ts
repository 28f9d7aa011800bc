// Whether a settlement is so old that its id may be known no more. Pure.
import type { SettlementJson } from '../../schema/settlement.ts';
import { KNOWN_MS } from './known-events.ts';

const FORGET_MARGIN_MS = 86_400_000;

/** An id is kept for KNOWN_MS from its booking, which no ticket outlives by a day. */
export function isForgotten(settlement: SettlementJson, now: number): boolean {
  return now > Number(settlement.ticket.expiresAtMs) + KNOWN_MS - FORGET_MARGIN_MS;
}

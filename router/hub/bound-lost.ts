// What a part can have delivered that was lost with its hub's memory: never the home's word. Pure.
import type { Counts } from '../../schema/prices.ts';
import type { SettlementJson } from '../../schema/settlement.ts';

/** How far a running part had got, as its hub wrote it down. */
export interface Progress {
  readonly ticketHash: string;
  /** Output tokens that were relayed. */
  readonly tokens: number;
  /** ms since epoch. */
  readonly at: number;
}

/** How often a hub notes how far a running part has got; shorter parts leave no note. */
export const NOTE_EVERY_MS = 10_000;
/** A note may be late by this much on a busy hub. */
const LATE_MS = 2000;

/**
 * Output that was noted and what the home can have made after the note, at the speed that its hub reckoned with at the grant; had it run
 * on longer there would be a later note. Of the prompt what it was reckoned with. `lostAt`: when the hub's next life began.
 */
export function boundLost(draft: SettlementJson, progress: Progress | null, lostAt: number): Counts {
  const { decision, ticket } = draft;
  const from = progress?.at ?? Number(ticket.issuedAtMs);
  const afterMs = Math.min(NOTE_EVERY_MS + LATE_MS, Math.max(0, lostAt - from));
  const sinceTokens = Math.ceil(((decision?.tokensPerS ?? 0) * afterMs) / 1000);
  return {
    promptTokens: Math.min(decision?.promptTokens ?? 0, ticket.maxPromptTokens),
    outputTokens: Math.min((progress?.tokens ?? 0) + sinceTokens, ticket.maxOutputTokens),
  };
}

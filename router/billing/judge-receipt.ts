// What a proven receipt is worth: the counts, the amount and the word of its acceptance. Pure.
import { computeCharge, splitCharge } from '../../schema/prices.ts';
import type { Counts } from '../../schema/prices.ts';
import { ACCEPTANCE_STATUS } from '../../schema/receipt.ts';
import type { JobTicket, UsageReceipt } from '../../schema/receipt.ts';

/** What the router holds a part to be worth to its home. */
export interface Decision extends Counts {
  /** Units. */
  readonly earn: number;
  /** What the network takes, of 10,000; the usual where left out. */
  readonly feeBps?: number | undefined;
}

export interface Verdict extends Counts {
  /** Units that the home earns: never more than decided, than its counts come to at its ticket's prices, or than it claims. */
  readonly amount: number;
  readonly status: number;
}

/**
 * Accepted as signed, lowered (fewer tokens than signed), or unpaid. The lower of both counts is paid: a receipt over more than was
 * relayed earns what was relayed, one over less what it signed for. An equivocating receipt is never paid.
 */
export function judgeReceipt(
  signed: { readonly ticket: JobTicket; readonly receipt: UsageReceipt },
  decision: Decision,
  isEquivocation: boolean,
): Verdict {
  const { ticket, receipt } = signed;
  const promptTokens = Math.min(decision.promptTokens, receipt.promptTokens);
  const outputTokens = Math.min(decision.outputTokens, receipt.outputTokens);
  const claimed = receipt.amount > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(receipt.amount);
  const worth = earnOf(ticket, { promptTokens, outputTokens }, decision.feeBps);
  const amount = isEquivocation ? 0 : Math.min(decision.earn, worth, claimed);
  const isLower = promptTokens < receipt.promptTokens || outputTokens < receipt.outputTokens;
  if (isEquivocation || (amount === 0 && claimed > 0))
    return { promptTokens, outputTokens, amount, status: ACCEPTANCE_STATUS.unpaid };
  return { promptTokens, outputTokens, amount, status: ACCEPTANCE_STATUS[isLower ? 'lowered' : 'accepted'] };
}

/**
 * The decision where the router lost its own counts: what its hub had written down until shortly before, and what the home can have made
 * since; never the claim. Without any output nothing is worth anything.
 */
export function decideLost(
  { ticket, receipt }: { readonly ticket: JobTicket; readonly receipt: UsageReceipt },
  atMost: Counts | undefined,
  feeBps?: number,
): Decision {
  const outputTokens = Math.min(receipt.outputTokens, atMost?.outputTokens ?? 0, ticket.maxOutputTokens);
  if (outputTokens === 0) return { promptTokens: 0, outputTokens, earn: 0, feeBps };
  const promptTokens = Math.min(receipt.promptTokens, atMost?.promptTokens ?? 0, ticket.maxPromptTokens);
  const counts = { promptTokens, outputTokens };
  return { ...counts, earn: earnOf(ticket, counts, feeBps), feeBps };
}

/** What counts earn at a ticket's prices, in units: every token, also of a prompt that the caller does not pay again. */
export function earnOf(ticket: JobTicket, counts: Counts, feeBps?: number): number {
  const price = { priceIn: Number(ticket.priceIn), priceOut: Number(ticket.priceOut) };
  return splitCharge(computeCharge(price, counts), feeBps).earn;
}

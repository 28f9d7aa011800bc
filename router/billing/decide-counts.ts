// How many tokens a part is paid for: the router counts, the node's receipt is checked against it. Pure.
import type { Counts } from '../../schema/prices.ts';

export interface CountFacts {
  /** Output tokens that the relayed frames claimed. */
  readonly frameTokens: number;
  /** The router's own count of what was relayed, where it has the tokenizer. */
  readonly exactOutput: number | null;
  /** Output tokens at most, by the characters relayed. */
  readonly mostOutput: number;
  /** The router's own count of the prompt, where it has the tokenizer. */
  readonly exactPrompt: number | null;
  /** Prompt tokens at most, by bytes. */
  readonly promptBound: number;
  readonly receipt: Counts | null;
  readonly maxOutputTokens: number;
}

export interface DecidedCounts extends Counts {
  /** The node's counts, where they differ beyond the tolerance from what the router counted or can believe. */
  readonly difference: Counts | null;
}

/**
 * Counts to charge. Within max(2 tokens, 1 %) the lower of the two counts; beyond that the router's stands and the node's is
 * recorded. Where the prompt's tokenizer is unknown the node's number counts up to the bound by bytes; without a receipt and
 * without any count nobody pays for the prompt.
 */
export function decideCounts(facts: CountFacts): DecidedCounts {
  const { receipt } = facts;
  const output = settleCount(countOutput(facts), receipt?.outputTokens ?? null);
  const prompt = settleCount(countPrompt(facts), receipt?.promptTokens ?? null);
  const counts = { promptTokens: prompt.count, outputTokens: output.count };
  if (!receipt || (prompt.isClose && output.isClose)) return { ...counts, difference: null };
  return { ...counts, difference: { promptTokens: receipt.promptTokens, outputTokens: receipt.outputTokens } };
}

function countOutput(facts: CountFacts): number {
  const counted = facts.exactOutput ?? Math.min(facts.frameTokens, facts.mostOutput);
  return Math.min(counted, facts.maxOutputTokens);
}

function countPrompt(facts: CountFacts): number {
  return Math.min(facts.exactPrompt ?? facts.receipt?.promptTokens ?? 0, facts.promptBound);
}

function settleCount(router: number, node: number | null): { readonly count: number; readonly isClose: boolean } {
  if (node === null) return { count: router, isClose: true };
  const isClose = Math.abs(node - router) <= Math.max(2, router / 100);
  return { count: isClose ? Math.min(node, router) : router, isClose };
}

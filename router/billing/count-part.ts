// Joins what a hub measured of a part with the rules of counting and charging. Pure but for the tokenizer, which is built once.
import { ANSWERS } from '../../schema/answers.ts';
import { textsOf } from '../../schema/message.ts';
import { estimateTokens } from '../../schema/estimate-tokens.ts';
import type { TokenEstimate } from '../../schema/estimate-tokens.ts';
import type { ChatRequest } from '../../schema/openai.ts';
import { boundPromptTokens } from './bound-prompt-tokens.ts';
import { decideCharge } from './decide-charge.ts';
import { decideCounts } from './decide-counts.ts';
import type { DecidedCounts } from './decide-counts.ts';
import { findTokenizer } from './tokenizers.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { UsageReceipt } from '../../schema/receipt.ts';
import type { Outcome } from '../../schema/settlement.ts';

/** What a hub measured of a part. */
export interface CountInput {
  readonly offer: JobOffer;
  readonly outcome: Outcome;
  readonly frameTokens: number;
  /** Of these, tokens of thinking. */
  readonly frameThinkingTokens: number;
  readonly lateTokens: number;
  /** All relayed events, or null when they were too many to keep. */
  readonly events: Uint8Array | null;
  readonly relayedBytes: number;
  readonly receipt: UsageReceipt | null;
}

export interface DecidedPart extends DecidedCounts {
  readonly charge: number;
  readonly earn: number;
  /** Thinking, among the output tokens. */
  readonly thinkingTokens: number;
  /** Of a part that went on: tokens of the answer until there. It must stand in the settlement. */
  readonly resumedTokens?: number;
}

/** Tokens of a prompt, as far as they can be told before a home has it. */
export interface PromptCount extends TokenEstimate {
  readonly exact: number | null;
  /** At most this many. */
  readonly bound: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Prompt tokens of a chat: exactly where the router carries the model's tokenizer; at most, by bytes; at least and about, by script. */
export function countPrompt(
  request: Pick<ChatRequest, 'messages'>,
  model: { tokenizer: string | null; minBytesPerToken: number },
): PromptCount {
  const texts = textsOf(request.messages);
  const exact = findTokenizer(model.tokenizer)?.countPrompt(texts) ?? null;
  if (exact !== null) return { exact, bound: exact, least: exact, expected: exact };
  return {
    exact,
    bound: boundPromptTokens({ texts, minBytesPerToken: model.minBytesPerToken }),
    ...estimateTokens(texts),
  };
}

/**
 * Counts, charge and earnings of a part. Re-tokenises the relayed text and thinking where that can be done; else frames and bytes bound it.
 * A part that goes on has prefilled the prompt and the answer so far: both count as its prompt. Its output is what the answer has grown
 * by, so that the parts of an answer together have as many tokens as the whole, however its text falls into tokens at the seams.
 */
export function decidePart(input: CountInput): DecidedPart {
  const { offer, receipt } = input;
  const answer = input.events ? ANSWERS[offer.request.kind].readEvents(decoder.decode(input.events)) : null;
  // Thinking is output like the text: a home has made both, and the caller was given both.
  const text = answer && answer.thinking + answer.text;
  const before = countResumed(offer);
  const counts = decideCounts({
    frameTokens: input.frameTokens,
    contentBytes: text === null ? input.relayedBytes : encoder.encode(text).length,
    exactOutput: text === null ? null : countGrowth(offer, text),
    exactPrompt: offer.promptExact === null ? null : offer.promptExact + before.excess,
    promptBound: Math.min(offer.promptBound, offer.promptBound + before.excess),
    // What came after the cancel was sent in good faith and is no difference.
    receipt: receipt
      ? { promptTokens: receipt.promptTokens, outputTokens: Math.max(0, receipt.outputTokens - input.lateTokens) }
      : null,
    minBytesPerToken: offer.minBytesPerToken,
    maxOutputTokens: offer.request.maxTokens,
  });
  const price = { priceIn: offer.priceIn, priceOut: offer.priceOut };
  const { chargePrompt } = offer;
  const decided = decideCharge({
    outcome: input.outcome,
    counts,
    price,
    chargePrompt,
    resumedTokens: before.tokens,
  });
  const thinkingTokens = countThinking(input, answer?.thinking ?? null, counts.outputTokens);
  return { ...counts, ...decided, thinkingTokens, ...(offer.resume ? { resumedTokens: before.tokens } : {}) };
}

/** How many of the output tokens are thinking: told to the caller, and charged like the others. */
function countThinking(input: CountInput, thinking: string | null, outputTokens: number): number {
  const { tokenizer, minBytesPerToken } = input.offer;
  if (thinking === null) return Math.min(input.frameThinkingTokens, outputTokens);
  const believable = Math.floor(encoder.encode(thinking).length / Math.max(1, minBytesPerToken));
  const counted = findTokenizer(tokenizer)?.countText(thinking) ?? Math.min(input.frameThinkingTokens, believable);
  return Math.min(counted, outputTokens);
}

/**
 * Tokens of the answer that a part went on from, and by how much they exceed the offer's `resume.count`, which is in its prompt counts
 * already. That count is the earlier homes' word: text or bytes decide.
 */
function countResumed({ resume, tokenizer, minBytesPerToken }: CountInput['offer']): {
  tokens: number;
  excess: number;
} {
  if (!resume) return { tokens: 0, excess: 0 };
  const believable = Math.floor(encoder.encode(resume.text).length / Math.max(1, minBytesPerToken));
  const tokens = findTokenizer(tokenizer)?.countText(resume.text) ?? Math.min(resume.count, believable);
  return { tokens, excess: tokens - resume.count };
}

/** Exact tokens by which `text` makes the answer longer; null where that cannot be counted. */
function countGrowth({ resume, tokenizer }: CountInput['offer'], text: string): number | null {
  const counter = findTokenizer(tokenizer);
  if (!counter) return null;
  const whole = resume ? counter.countText(resume.text + text) : null;
  const start = resume ? counter.countText(resume.text) : null;
  if (whole === null || start === null) return counter.countText(text);
  return Math.max(0, whole - start);
}

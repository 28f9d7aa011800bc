// Joins what a hub measured of a part with the rules of counting and charging. Pure but for the tokenizer, which is built once.
import { countImages, textsOf } from '../../schema/message.ts';
import { estimateTokens } from '../../schema/estimate-tokens.ts';
import type { TokenEstimate } from '../../schema/estimate-tokens.ts';
import type { ChatRequest } from '../../schema/openai.ts';
import { textsOfTools } from '../../schema/tools.ts';
import { boundPromptTokens } from './bound-prompt-tokens.ts';
import { decideCharge } from './decide-charge.ts';
import { decideCounts } from './decide-counts.ts';
import type { DecidedCounts } from './decide-counts.ts';
import { findTokenizer } from './tokenizers.ts';
import { mostTokens, weighText } from './weigh-characters.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { Counts } from '../../schema/prices.ts';
import type { Outcome } from '../../schema/settlement.ts';

/** Tokens of what was relayed, text and thinking together, by the router's own count. */
export interface ContentCount {
  /** What the answer has grown by; null where the router does not carry the model's tokenizer. */
  readonly exact: number | null;
  /** At most, by its characters. */
  readonly most: number;
  /** The same of the thinking in it. */
  readonly exactThinking: number | null;
  readonly mostThinking: number;
}

/** What a hub measured of a part. */
export interface CountInput {
  readonly offer: JobOffer;
  readonly outcome: Outcome;
  readonly frameTokens: number;
  /** Of these, tokens of thinking. */
  readonly frameThinkingTokens: number;
  readonly lateTokens: number;
  /** Of what was relayed. */
  readonly content: ContentCount;
  /** What the home says, where that may be signed for. */
  readonly receipt: Counts | null;
  /** What the network takes, of 10,000; the usual where left out. */
  readonly feeBps?: number | undefined;
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

/** Tokens of one picture: at most, of models that cut it into tiles; and about. */
const MOST_IMAGE_TOKENS = 16_384;
const USUAL_IMAGE_TOKENS = 1024;

const encoder = new TextEncoder();

/** Prompt tokens of a chat: exactly where the router carries the model's tokenizer; at most, by bytes and characters; at least and about, by script. */
export function countPrompt(
  request: Pick<ChatRequest, 'messages'> & Partial<Pick<ChatRequest, 'wishes'>>,
  model: { tokenizer: string | null; minBytesPerToken: number },
): PromptCount {
  const tools = textsOfTools(request.wishes?.tools ?? []);
  const images = countImages(request.messages);
  const texts = [...tools, ...textsOf(request.messages)];
  const counter = findTokenizer(model.tokenizer);
  // How a template shows tools, and what a picture comes to, only the home knows.
  const isPlain = tools.length === 0 && images === 0;
  const exact = (isPlain && counter?.countPrompt(texts)) || null;
  if (exact !== null) return { exact, bound: exact, least: exact, expected: exact };
  const { least, expected } = estimateTokens(texts);
  // Too long to be counted, and its longest token is known.
  const surely = counter ? Math.ceil(bytesOf(texts) / counter.longestBytes) : 0;
  return {
    exact,
    bound:
      boundPromptTokens({ texts, minBytesPerToken: model.minBytesPerToken, isOwn: counter !== null }) +
      images * MOST_IMAGE_TOKENS,
    least: Math.max(least, surely),
    expected: Math.max(expected, surely) + images * USUAL_IMAGE_TOKENS,
  };
}

/** Prompt tokens of texts that stand for themselves, without a template: at most, at least and about. */
export function countTexts(
  texts: readonly string[],
  { tokenizer, minBytesPerToken }: { readonly tokenizer: string | null; readonly minBytesPerToken: number },
): PromptCount {
  const isOwn = findTokenizer(tokenizer) !== null;
  return { exact: null, bound: boundPromptTokens({ texts, minBytesPerToken, isOwn }), ...estimateTokens(texts) };
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + encoder.encode(text).length, 0);
}

/**
 * Counts, charge and earnings of a part. The tokens that its own tokenizer makes of what was relayed where the router has it; else what frames claim, bounded by the
 * characters relayed.
 * A part that goes on has prefilled the prompt and the answer so far: both count as its prompt. Its output is what the answer has grown
 * by, so that the parts of an answer together have as many tokens as the whole, however its text falls into tokens at the seams.
 */
export function decidePart(input: CountInput): DecidedPart {
  const { offer, receipt, content } = input;
  const before = countResumed(offer);
  const counts = decideCounts({
    frameTokens: input.frameTokens,
    exactOutput: content.exact,
    mostOutput: content.most,
    exactPrompt: offer.promptExact === null ? null : offer.promptExact + before.excess,
    promptBound: Math.min(offer.promptBound, offer.promptBound + before.excess),
    // What came after the cancel was sent in good faith and is no difference.
    receipt: receipt
      ? { promptTokens: receipt.promptTokens, outputTokens: Math.max(0, receipt.outputTokens - input.lateTokens) }
      : null,
    maxOutputTokens: offer.request.maxTokens,
  });
  const price = { priceIn: offer.priceIn, priceOut: offer.priceOut };
  const { chargePrompt } = offer;
  const decided = decideCharge({
    outcome: input.outcome,
    counts,
    price,
    chargePrompt,
    resumedTokens: before.paid,
    feeBps: input.feeBps,
  });
  const thinkingTokens = countThinking(input, counts.outputTokens);
  return { ...counts, ...decided, thinkingTokens, ...(offer.resume ? { resumedTokens: before.paid } : {}) };
}

/** How many of the output tokens are thinking: told to the caller, and charged like the others. */
function countThinking({ content, frameThinkingTokens }: CountInput, outputTokens: number): number {
  const counted = content.exactThinking ?? Math.min(frameThinkingTokens, content.mostThinking);
  return Math.min(counted, outputTokens);
}

/**
 * Tokens of the answer that a part went on from, and by how much they exceed the offer's `resume.count`, which is in its prompt counts
 * already. That count is the earlier homes' word: the text decides. `paid`: those that the caller pays as output, and not again as prompt; what
 * its own home wrote for nothing, or another left out of its count, is prompt to the next one.
 */
function countResumed({ resume, resumePaid, tokenizer, minBytesPerToken }: CountInput['offer']): {
  paid: number;
  excess: number;
} {
  if (!resume) return { paid: 0, excess: 0 };
  const tokens =
    findTokenizer(tokenizer)?.countText(resume.text) ??
    Math.min(resume.count, mostTokens(weighText(resume.text), minBytesPerToken));
  return { paid: Math.min(tokens, resumePaid ?? tokens), excess: tokens - resume.count };
}

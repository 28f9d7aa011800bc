// Joins what a hub measured of a part with the rules of counting and charging. Pure but for the tokenizer, which is built once.
import { readContent } from '../schema/chunks.ts';
import type { ChatRequest } from '../schema/openai.ts';
import { boundPromptTokens } from './billing/bound-prompt-tokens.ts';
import { decideCharge } from './billing/decide-charge.ts';
import { decideCounts } from './billing/decide-counts.ts';
import { findTokenizer } from './billing/tokenizers.ts';
import type { CountInput, DecidedCounts } from './relay/hub-services.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Prompt tokens: exactly where the router carries the model's tokenizer, and at most, by bytes. */
export function countPrompt(
  request: Pick<ChatRequest, 'messages'>,
  model: { tokenizer: string | null; minBytesPerToken: number },
): { exact: number | null; bound: number } {
  const exact = findTokenizer(model.tokenizer)?.countPrompt(request.messages) ?? null;
  return {
    exact,
    bound: exact ?? boundPromptTokens({ messages: request.messages, minBytesPerToken: model.minBytesPerToken }),
  };
}

/** Counts, charge and earnings of a part. Re-tokenises the relayed text where that can be done; else frames and bytes bound it. */
export function decidePart(input: CountInput): DecidedCounts {
  const { offer, receipt } = input;
  const text = input.events ? readContent(decoder.decode(input.events)) : null;
  const counts = decideCounts({
    frameTokens: input.frameTokens,
    contentBytes: text === null ? input.relayedBytes : encoder.encode(text).length,
    exactOutput: text === null ? null : (findTokenizer(offer.tokenizer)?.countText(text) ?? null),
    exactPrompt: offer.promptExact,
    promptBound: offer.promptBound,
    // What came after the cancel was sent in good faith and is no difference.
    receipt: receipt
      ? { promptTokens: receipt.promptTokens, outputTokens: Math.max(0, receipt.outputTokens - input.lateTokens) }
      : null,
    minBytesPerToken: offer.minBytesPerToken,
    maxOutputTokens: offer.request.maxTokens,
  });
  const price = { priceIn: offer.priceIn, priceOut: offer.priceOut };
  return { ...counts, ...decideCharge({ outcome: input.outcome, counts, price, chargePrompt: offer.chargePrompt }) };
}

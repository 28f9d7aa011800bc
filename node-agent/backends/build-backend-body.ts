// The request a local server gets: built field by field from the job, so that nothing a stranger wrote reaches it unparsed. Pure.
// Texts go as they were written: whether a server reads control tokens out of them is found out and told (special-probe.ts), never mended here.

import { err, ok, type Result } from '../../schema/result.ts';
import { MAX_STOPS } from '../../schema/chat-job.ts';
import { changeText, findStrangeMessage, messageSchema } from '../../schema/message.ts';
import type { Message } from '../../schema/message.ts';
import type { ChatJob } from './backend.ts';
import { trimForServer } from './continuation.ts';
import type { Product } from './probe-server.ts';
import { writeWishes } from './write-wishes.ts';

/**
 * Stop texts that a server is given: some refuse more than OpenAI's four. The home holds the answer against each of them itself (held-text.ts), so that
 * those left out cost the server some tokens at most.
 */
const STOPS_GIVEN = 4;
const STOPS_OF: Partial<Record<Product, number>> = { ollama: MAX_STOPS, 'llama-server': MAX_STOPS, vllm: MAX_STOPS };

/** What of a job a tokenizer reads. */
export type Conversation = Pick<ChatJob, 'model' | 'messages' | 'resume' | 'wishes'>;

/** Servers read the seed as a signed or unsigned 32-bit number, and some take its highest value as "random". */
const SEED_RANGE = 0x7fffffff;

/**
 * What tells a server to go on with the last message, besides that it is the assistant's. Ollama needs no word for it; llama-server
 * neither, unless it was started with --no-prefill-assistant, which these fields overrule; vLLM begins a new turn without them.
 * `echo: false` is the default of both, said aloud: the text so far must not come back.
 * Sources: vLLM's OpenAI-compatible server, extra parameters; ggml-org/llama.cpp pull requests 13174, 23012 and 23089.
 */
const CONTINUE: Partial<Record<Product, object>> = {
  vllm: { continue_final_message: true, add_generation_prompt: false, echo: false },
  'llama-server': { continue_final_message: true, add_generation_prompt: false, echo: false },
};

/** What makes a server tell how far it is with a prompt: a sign that it works. Source: ggml-org/llama.cpp tools/server/README.md, `return_progress`. */
const PROGRESS: Partial<Record<Product, object>> = { 'llama-server': { return_progress: true } };

/**
 * The body of POST chat/completions as JSON text: standard fields only, always streamed, always with a finite max_tokens.
 * A job to be resumed ends with the assistant's text so far, in the product's own form. The error names the field that is wrong.
 */
export function buildBackendBody(job: ChatJob, product: Product = 'unknown'): Result<string, string> {
  const wrong = findWrongSampling(job) ?? findStrangeMessage(job.messages);
  if (wrong !== null) return err(wrong);
  const soFar = giveSoFar(job);
  return ok(
    JSON.stringify({
      model: job.model,
      messages: buildMessages(job),
      ...(soFar === '' ? {} : CONTINUE[product]),
      ...writeSampling(job, product),
      ...writeWishes(job.wishes ?? {}, product),
      ...PROGRESS[product],
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
}

/** What a chat and a text that goes on have alike. */
type Sampled = Pick<
  ChatJob,
  'maxTokens' | 'temperature' | 'topP' | 'seed' | 'stop' | 'frequencyPenalty' | 'presencePenalty'
>;

export function writeSampling(job: Sampled, product: Product): Record<string, unknown> {
  return {
    max_tokens: job.maxTokens,
    temperature: job.temperature,
    top_p: job.topP,
    seed: job.seed % SEED_RANGE,
    ...(job.stop.length > 0 ? { stop: job.stop.slice(0, STOPS_OF[product] ?? STOPS_GIVEN) } : {}),
    ...(job.frequencyPenalty === 0 ? {} : { frequency_penalty: job.frequencyPenalty }),
    ...(job.presencePenalty === 0 ? {} : { presence_penalty: job.presencePenalty }),
  };
}

/** The answer so far as a server is given it; '' where there is none. */
export function giveSoFar(job: Conversation): string {
  return trimForServer(job.resume?.text ?? '');
}

/** The conversation as a server is given it: the job's messages, and the answer so far at their end. */
export function buildMessages(job: Conversation): readonly Message[] {
  const soFar = giveSoFar(job);
  // Only what a message's schema names, whatever hangs on it.
  const messages = job.messages.map((message) => messageSchema.safeParse(message).data ?? message);
  return soFar === '' ? messages : endWith(messages, soFar);
}

/** Servers take one assistant message at the end: a caller's own beginning of the answer and what followed it become one. */
function endWith(messages: readonly Message[], soFar: string): Message[] {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return [...messages, { role: 'assistant', content: soFar }];
  return [...messages.slice(0, -1), changeText(last, (text) => text + soFar)];
}

export function findWrongSampling(job: Sampled): string | null {
  if (!Number.isSafeInteger(job.maxTokens) || job.maxTokens < 1)
    return 'maxTokens must be a whole number of at least 1';
  if (!Number.isSafeInteger(job.seed) || job.seed < 0) return 'seed must be a whole number of at least 0';
  if (!inRange(job.temperature, 0, 2)) return 'temperature must be between 0 and 2';
  if (!inRange(job.topP, 0, 1)) return 'topP must be between 0 and 1';
  if (!inRange(job.frequencyPenalty, -2, 2)) return 'frequencyPenalty must be between -2 and 2';
  if (!inRange(job.presencePenalty, -2, 2)) return 'presencePenalty must be between -2 and 2';
  if (job.stop.length > MAX_STOPS || job.stop.some((stop) => typeof stop !== 'string'))
    return `stop must be at most ${MAX_STOPS} texts`;
  return null;
}

function inRange(value: number, low: number, high: number): boolean {
  return Number.isFinite(value) && value >= low && value <= high;
}

// The public API's chat request: what a caller may send, parsed into one plain shape. Fields that nobody here knows are taken, and told as left out.
import * as z from 'zod';
import { callerMessages, toMessages } from './caller-messages.ts';
import { asksThinking, listUnread, readToolFields, toolFields } from './caller-tools.ts';
import { MAX_STOPS } from './chat-job.ts';
import type { ChatWishes } from './chat-job.ts';
import { listOf } from './list-of.ts';
import { countImages, textsOf } from './message.ts';
import type { Message } from './message.ts';
import { SAMPLERS } from './needs.ts';
import type { Need } from './needs.ts';
import { MAX_IGNORED, readOthers } from './other-fields.ts';
import type { Others } from './other-fields.ts';
import { providerSchema, resumeSchema } from './provider.ts';
import type { ResumeWish, SaidWish } from './provider.ts';
import { describeIssue } from './request-fault.ts';
import type { RequestFault } from './request-fault.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { textsOfTools } from './tools.ts';
import { wholeText } from './whole-text.ts';

/** Text of all messages and tools at most, in UTF-16 units. */
export const MAX_TEXT_CHARS = 2 * 1024 * 1024;
export const MAX_STOP_CHARS = 1000;
/** Of the models that the catalogue does not limit itself; what a caller asks above it is cut. */
export const MAX_OUTPUT_TOKENS = 32_768;
/** Answers to one request at most: each is a job of its own. */
export const MAX_CHOICES = 8;
/** `top_p: 0` asks for the likeliest token, but vLLM refuses 0: this much holds one token as well. */
const SMALLEST_TOP_P = 1e-6;

/** OpenAI's seeds have 64 bits with a sign, and other clients draw theirs without one. */
const LEAST_SEED = -(2 ** 63);
const MOST_SEED = 2 ** 64;
/** What JSON rounds is scaled into what a number holds exactly. */
const SEED_SCALE = 2 ** 12;

/** A chat request after parsing: defaults applied, text parts joined, `developer` read as `system`. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly temperature: number;
  readonly topP: number;
  readonly stop: readonly string[];
  readonly seed: number | null;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  /** Output tokens at most, as the caller asked; null when the caller said nothing. */
  readonly maxTokens: number | null;
  /** Tools, form of the answer, thinking, log probabilities, samplers: only what was said. */
  readonly wishes: ChatWishes;
  /** Answers that are wanted, from 1. */
  readonly choices: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** What the caller wishes of the home that answers; empty where nothing was said. */
  readonly provider: SaidWish;
  /** How far a broken answer may go on elsewhere; null when the caller said nothing. */
  readonly resume: ResumeWish | null;
  /** What a home must be able to do. */
  readonly needs: readonly Need[];
  /** What it should be able to do, and must where nothing may be left out. */
  readonly wants: readonly Need[];
  /** Fields that ask for something and that nothing here reads. */
  readonly ignored: readonly string[];
}

// Not zod's int(), which ends at 2^53: callers who want all that there is ask for any number.
const wholeNumber = z.number().refine(Number.isInteger, { error: 'must be a whole number.' });
const tokenLimit = wholeNumber.min(1).nullish();
const penalty = z.number().min(-2).max(2).nullish();
const stopText = wholeText.min(1).max(MAX_STOP_CHARS);

export const modelName = z.string().min(1).max(200);

/** What a chat and a text that goes on may say alike. */
export const samplingFields = {
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stop: z
    .union([stopText, listOf(stopText.nullable(), { max: MAX_STOPS })], { error: 'must be a text or a list of texts.' })
    .nullish(),
  seed: wholeNumber.min(LEAST_SEED).max(MOST_SEED).nullish(),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  max_tokens: tokenLimit,
  max_completion_tokens: tokenLimit,
  n: wholeNumber.min(1).max(MAX_CHOICES).nullish(),
  stream: z.boolean().nullish(),
  // Obfuscation pads events against those who read their sizes off the wire; nothing is padded here. Vendors' own members are passed over.
  stream_options: z
    .object({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  logit_bias: z.record(z.string().regex(/^\d{1,9}$/), z.number().min(-100).max(100)).nullish(),
  provider: providerSchema.nullish(),
  resume: resumeSchema.nullish(),
};

/** What a request to `POST /v1/chat/completions` may hold; members that it does not name are judged by left-out.ts. */
export const chatBody = z.object({
  model: modelName,
  messages: callerMessages,
  ...samplingFields,
  logprobs: z.boolean().nullish(),
  top_logprobs: wholeNumber.min(0).max(20).nullish(),
  ...toolFields,
});
type ChatBody = z.output<typeof chatBody>;

/**
 * Reads an untrusted JSON value as a chat request.
 * Errors name the first wrong field and how to mend it; what is left out stands in `ignored`.
 */
export function parseChatRequest(body: unknown): Result<ChatRequest, RequestFault> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return err({ param: null, code: 'invalid_json', message: 'The request body must be a JSON object.' });
  }
  const others = readOthers(body as Record<string, unknown>, chatBody.shape);
  if (!others.ok) return others;
  const parsed = chatBody.safeParse(body);
  if (!parsed.success) return err(describeIssue(parsed.error.issues[0], body));
  return toChatRequest(parsed.data, others.value);
}

function toChatRequest(body: ChatBody, { samplers, ignored }: Others): Result<ChatRequest, RequestFault> {
  const tools = readToolFields(body);
  if (!tools.ok) return tools;
  const messages = toMessages(body.messages);
  const { tools: offered = [], responseFormat } = tools.value;
  const formatChars = responseFormat ? JSON.stringify(responseFormat).length : 0;
  if (formatChars > MAX_TEXT_CHARS)
    return wrong('response_format', `'response_format' holds more than ${MAX_TEXT_CHARS} characters. Send less.`);
  if (formatChars + countChars([...textsOf(messages), ...textsOfTools(offered)]) > MAX_TEXT_CHARS)
    return wrong('messages', `The messages, tools and schemas hold more than ${MAX_TEXT_CHARS} characters. Send less.`);
  const unfit = findUnfitStream(body);
  if (unfit) return err(unfit);
  if ((body.top_logprobs ?? 0) > 0 && !body.logprobs)
    return wrong('top_logprobs', "'top_logprobs' is only allowed when 'logprobs' is true.");
  const wishes: ChatWishes = {
    ...tools.value,
    ...(body.logprobs && { topLogprobs: body.top_logprobs ?? 0 }),
    ...(body.logit_bias && Object.keys(body.logit_bias).length > 0 && { logitBias: body.logit_bias }),
    ...(SAMPLERS.some((sampler) => sampler in samplers) && { samplers }),
  };
  return ok({
    model: body.model,
    messages,
    ...readSampling(body),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    wishes,
    needs: findNeeds(messages, wishes),
    wants: asksThinking(body) ? ['reasoning'] : [],
    ignored: [...ignored, ...listUnread(body)].slice(0, MAX_IGNORED),
  });
}

type SamplingBody = z.output<z.ZodObject<typeof samplingFields>>;
/** What a request of either kind says, with the defaults of what it does not. */
export type Sampling = Pick<
  ChatRequest,
  | 'temperature'
  | 'topP'
  | 'stop'
  | 'seed'
  | 'frequencyPenalty'
  | 'presencePenalty'
  | 'choices'
  | 'stream'
  | 'includeUsage'
  | 'provider'
  | 'resume'
>;

export function readSampling(body: SamplingBody): Sampling {
  return {
    temperature: body.temperature ?? 1,
    topP: Math.max(body.top_p ?? 1, SMALLEST_TOP_P),
    stop: [body.stop].flat().filter((one) => typeof one === 'string'),
    seed: toExactSeed(body.seed ?? null),
    frequencyPenalty: body.frequency_penalty ?? 0,
    presencePenalty: body.presence_penalty ?? 0,
    choices: body.n ?? 1,
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
    provider: body.provider ?? {},
    resume: body.resume ?? null,
  };
}

/** Options of a stream for an answer that is none; null where it is well. */
export function findUnfitStream({ stream, stream_options: options }: SamplingBody): RequestFault | null {
  if (stream || !options) return null;
  const message = "'stream_options' is only allowed when 'stream' is true.";
  return { param: 'stream_options', code: 'invalid_value', message };
}

/** A conversation in which tools were called needs a home whose template can show that, though none is offered now. */
function findNeeds(messages: readonly Message[], wishes: ChatWishes): Need[] {
  const hasCalls = messages.some((one) => one.role === 'tool' || (one.role === 'assistant' && one.tool_calls));
  const needs: Need[] = [];
  if (hasCalls || (wishes.tools && wishes.toolChoice !== 'none')) needs.push('tools');
  if (wishes.responseFormat) needs.push('json');
  if (countImages(messages) > 0) needs.push('images');
  if (wishes.topLogprobs !== undefined) needs.push('logprobs');
  return needs;
}

function countChars(texts: readonly string[]): number {
  let chars = 0;
  for (const one of texts) chars += one.length;
  return chars;
}

function wrong(param: string, message: string): Result<never, RequestFault> {
  return err({ param, code: 'invalid_value', message });
}

/** The same seed is the same number at every home; one that JSON could not hold exactly keeps the digits that it has. */
export function toExactSeed(seed: number | null): number | null {
  return seed === null || Number.isSafeInteger(seed) ? seed : Math.trunc(seed / SEED_SCALE);
}

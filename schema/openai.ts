// The public API's chat request: what a caller may send, parsed into one plain shape. Every other known field is refused by name.
import * as z from 'zod';
import { MAX_STOPS } from './chat-job.ts';
import { listOf } from './list-of.ts';
import { textOf } from './message.ts';
import type { Message } from './message.ts';
import { providerSchema, PROVIDER_FIELDS, resumeSchema } from './provider.ts';
import type { ResumeWish, SaidWish } from './provider.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';

/** As many as OpenAI takes. */
export const MAX_MESSAGES = 2048;
/** Text parts of one message: far more than clients cut a text into. */
export const MAX_PARTS = 1024;
/** Text of all messages at most, in UTF-16 units. */
export const MAX_TEXT_CHARS = 512 * 1024;
export const MAX_STOP_CHARS = 1000;
/** Of the models that the catalogue does not limit itself; what a caller asks above it is cut. */
export const MAX_OUTPUT_TOKENS = 32_768;
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
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** What the caller wishes of the home that answers; empty where nothing was said. */
  readonly provider: SaidWish;
  /** How far a broken answer may go on elsewhere; null when the caller said nothing. */
  readonly resume: ResumeWish | null;
}

/** Why a request was refused: the field as a path (`messages[0].content`) and a sentence with the remedy. */
export interface RequestFault {
  readonly param: string | null;
  readonly message: string;
  readonly code: 'invalid_value' | 'unsupported_parameter' | 'unknown_parameter' | 'invalid_json';
}

const WHOLE_TEXT =
  'holds half of a character (a lone surrogate). Cut texts between characters, or send toWellFormed() of it.';
/** A text that UTF-8 can hold: half a surrogate pair becomes another character on its way, or breaks a strict server. */
const text = z.string().refine((value) => !/\p{Surrogate}/u.test(value), { error: WHOLE_TEXT });
// Members that are not known, such as `cache_control` or a framework's `id`, are no reason to refuse: they say nothing that a home could do.
const textPart = z.object({ type: z.literal('text'), text });
const content = z.union([text, listOf(textPart, { min: 1, max: MAX_PARTS })], {
  error: 'must be a text or a list of text parts.',
});
const emptyList = z.array(z.never()).max(0).nullish();
const said = {
  // Taken because frameworks name every speaker; no home is told, since hardly a model's template has a place for it.
  name: z.string().nullish(),
  // What an answer's message holds beside its text, empty: callers send answers back as they got them.
  annotations: emptyList,
  audio: z.null().optional(),
  function_call: z.null().optional(),
  refusal: z.null().optional(),
  tool_calls: emptyList,
};
const message = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer', 'user']), content, ...said }),
  // An answer that held nothing comes back as null from some clients.
  z.object({ role: z.literal('assistant'), content: content.nullish(), ...said }),
]);

// Not zod's int(), which ends at 2^53: callers who want all that there is ask for any number.
const wholeNumber = z.number().refine(Number.isInteger, { error: 'must be a whole number.' });
const tokenLimit = wholeNumber.min(1).nullish();
const penalty = z.number().min(-2).max(2).nullish();
const stopText = text.min(1).max(MAX_STOP_CHARS);

const chatBody = z.object({
  model: z.string().min(1).max(200),
  messages: listOf(message, { min: 1, max: MAX_MESSAGES }),
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
  n: z.literal(1, { error: 'Only n = 1 is supported. Send one request for each choice.' }).nullish(),
  stream: z.boolean().nullish(),
  // Obfuscation pads events against those who read their sizes off the wire; nothing is padded here. Vendors' own members are passed over.
  stream_options: z
    .object({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  // Taken because callers send it; nothing is done with it.
  user: z.string().max(256).nullish(),
  provider: providerSchema.nullish(),
  resume: resumeSchema.nullish(),
});

/** Known OpenAI fields that are not supported yet, each with the value that asks for nothing (accepted, since it changes nothing). */
const UNSUPPORTED: Readonly<Record<string, (value: unknown) => boolean>> = {
  audio: isNothing,
  function_call: (value) => isNothing(value) || value === 'none',
  functions: isEmptyList,
  logit_bias: (value) => isNothing(value) || (typeof value === 'object' && Object.keys(value ?? {}).length === 0),
  logprobs: (value) => isNothing(value) || value === false,
  metadata: (value) => isNothing(value) || (typeof value === 'object' && Object.keys(value ?? {}).length === 0),
  modalities: (value) => isNothing(value) || (Array.isArray(value) && value.length === 1 && value[0] === 'text'),
  moderation: isNothing,
  parallel_tool_calls: isNothing,
  prediction: isNothing,
  prompt_cache_key: isNothing,
  prompt_cache_options: isNothing,
  prompt_cache_retention: isNothing,
  reasoning: isNothing,
  reasoning_effort: isNothing,
  response_format: (value) =>
    isNothing(value) || (typeof value === 'object' && value !== null && 'type' in value && value.type === 'text'),
  safety_identifier: isNothing,
  service_tier: (value) => isNothing(value) || value === 'auto' || value === 'default',
  store: (value) => isNothing(value) || value === false,
  tool_choice: (value) => isNothing(value) || value === 'none',
  tools: isEmptyList,
  top_logprobs: (value) => isNothing(value) || value === 0,
  verbosity: isNothing,
  web_search_options: isNothing,
};

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

function isEmptyList(value: unknown): boolean {
  return isNothing(value) || (Array.isArray(value) && value.length === 0);
}

/**
 * Reads an untrusted JSON value as a chat request.
 * Errors name the first wrong field and how to mend it; nothing is dropped silently.
 */
export function parseChatRequest(body: unknown): Result<ChatRequest, RequestFault> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return err({ param: null, code: 'invalid_json', message: 'The request body must be a JSON object.' });
  }
  const stranger = findStranger(body as Record<string, unknown>);
  if (stranger) return err(stranger);
  const parsed = chatBody.safeParse(body);
  if (!parsed.success) return err(describeIssue(parsed.error.issues[0], body));
  return toChatRequest(parsed.data);
}

function findStranger(body: Record<string, unknown>): RequestFault | null {
  for (const [field, value] of Object.entries(body)) {
    if (Object.hasOwn(chatBody.shape, field)) continue;
    const isNeutral = Object.hasOwn(UNSUPPORTED, field) ? UNSUPPORTED[field] : undefined;
    if (!isNeutral) {
      const shown = field.slice(0, 64);
      return { param: shown, code: 'unknown_parameter', message: `Unknown parameter: '${shown}'. Remove it.` };
    }
    if (!isNeutral(value)) {
      return { param: field, code: 'unsupported_parameter', message: `'${field}' is not supported yet. Leave it out.` };
    }
  }
  return null;
}

function toChatRequest(body: z.infer<typeof chatBody>): Result<ChatRequest, RequestFault> {
  const messages = body.messages.map(toMessage);
  let chars = 0;
  for (const one of messages) chars += textOf(one).length;
  if (chars > MAX_TEXT_CHARS) {
    return err({
      param: 'messages',
      code: 'invalid_value',
      message: `The messages hold more than ${MAX_TEXT_CHARS} characters. Send less text.`,
    });
  }
  if (!body.stream && body.stream_options) {
    return err({
      param: 'stream_options',
      code: 'invalid_value',
      message: "'stream_options' is only allowed when 'stream' is true.",
    });
  }
  return ok({
    model: body.model,
    messages,
    temperature: body.temperature ?? 1,
    topP: Math.max(body.top_p ?? 1, SMALLEST_TOP_P),
    stop: [body.stop].flat().filter((one) => typeof one === 'string'),
    seed: toExactSeed(body.seed ?? null),
    frequencyPenalty: body.frequency_penalty ?? 0,
    presencePenalty: body.presence_penalty ?? 0,
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
    provider: body.provider ?? {},
    resume: body.resume ?? null,
  });
}

/** The same seed is the same number at every home; one that JSON could not hold exactly keeps the digits that it has. */
function toExactSeed(seed: number | null): number | null {
  return seed === null || Number.isSafeInteger(seed) ? seed : Math.trunc(seed / SEED_SCALE);
}

function toMessage({ role, content }: z.infer<typeof message>): Message {
  const parts = typeof content === 'string' ? content : (content ?? []).map((part) => part.text).join('\n');
  return { role: role === 'developer' ? 'system' : role, content: parts };
}

/** The deepest issue of a zod failure as a fault: unions report the branch that fits the value best, which is not one of another type. */
function describeIssue(issue: z.core.$ZodIssue | undefined, body: unknown): RequestFault {
  if (!issue) return { param: null, code: 'invalid_value', message: 'The request is not valid.' };
  if (issue.code === 'invalid_union') {
    const inners = issue.errors.flat().filter((one) => one.path.length > 0 || one.code !== 'invalid_type');
    const inner = inners.toSorted((a, b) => b.path.length - a.path.length)[0];
    if (inner) return describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, body);
  }
  if (issue.code === 'unrecognized_keys') {
    const path = formatPath([...issue.path, issue.keys[0] ?? '']);
    if (issue.path[0] === 'provider' && issue.path.length === 1) {
      const told = `'${path}' is not known. Leave it out; 'provider' may hold ${PROVIDER_FIELDS.join(', ')}.`;
      return { param: path, code: 'unknown_parameter', message: told };
    }
    return { param: path, code: 'unsupported_parameter', message: `'${path}' is not supported. Leave it out.` };
  }
  const param = formatPath(issue.path);
  if (/^messages\[\d+\]\.content\[\d+\]\.type$/.test(param)) {
    return {
      param,
      code: 'unsupported_parameter',
      message: `'${param}' must be 'text': only text parts are supported yet.`,
    };
  }
  if (/^messages\[\d+\]\.(annotations|audio|function_call|refusal|tool_calls)/.test(param)) {
    return { param, code: 'unsupported_parameter', message: `'${param}' is not supported yet. Leave it out.` };
  }
  const message = isMissing(body, issue.path)
    ? `'${param}' is missing.`
    : `Invalid value for '${param}': ${issue.message.replace(/^Invalid input: /, '')}`;
  return { param: param || null, code: 'invalid_value', message };
}

function isMissing(body: unknown, path: readonly PropertyKey[]): boolean {
  let value = body;
  for (const step of path) value = (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[step];
  return path.length > 0 && value === undefined;
}

function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text ? `.${String(step)}` : String(step);
  return text.slice(0, 120);
}

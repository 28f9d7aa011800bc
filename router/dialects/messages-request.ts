// A request of the Messages API as a request of a chat: read by this API's names, so that every fault names the caller's own field, and handed to the one
// parser of chats. Source: the Anthropic API's reference, "Create a Message" and "Count tokens in a Message".
import * as z from 'zod';
import { MAX_STOPS } from '../../schema/chat-job.ts';
import { judgeField, samplerOf } from '../../schema/left-out.ts';
import { listOf } from '../../schema/list-of.ts';
import { MAX_STOP_CHARS, parseChatRequest } from '../../schema/openai.ts';
import { describeIssue } from '../../schema/request-fault.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { wholeText } from '../../schema/whole-text.ts';
import type { Translated } from './dialect.ts';
import type { MessagesFacts } from './messages-answer.ts';
import { refuse } from './messages-blocks.ts';
import type { Reading } from './messages-blocks.ts';
import { LOST_THREAD } from './messages-errors.ts';
import { translateFault } from './messages-paths.ts';
import { readToolFields, toolFields } from './messages-tools.ts';
import { readTurns, turnFields } from './messages-turns.ts';

/** Names of fields that were left out, told to the caller at most. */
const MAX_IGNORED = 32;

// Not zod's int(), which ends at 2^53: callers who want all that there is ask for any number.
const tokenLimit = z.number().min(1).refine(Number.isInteger, { error: 'must be a whole number.' });

/** What a request to `POST /v1/messages` may hold; other members are taken and told as left out. */
export const messagesBody = z.object({
  model: z.string().min(1).max(200),
  max_tokens: tokenLimit,
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.number().min(-1).max(1e6).nullish(),
  stop_sequences: listOf(wholeText.min(1).max(MAX_STOP_CHARS), { max: MAX_STOPS }).nullish(),
  stream: z.boolean().nullish(),
  ...turnFields,
  ...toolFields,
});
/** What a request to `POST /v1/messages/count_tokens` may hold: the same, but nothing is written, so that no limit is needed. */
export const tokenCountBody = messagesBody.extend({ max_tokens: tokenLimit.nullish() });

const contextManagement = z.object({ edits: z.array(z.object({ keep: z.unknown() })).nullish() });

/** For bills, caches and logs elsewhere: the answer is the same without them. */
const HINTS = new Set([
  'anthropic_beta',
  'anthropic_version',
  'betas',
  'cache_control',
  'diagnostics',
  'user_profile_id',
  'workspace_id',
]);
/** Values that ask for what is done anyway. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  inference_geo: ['global'],
  service_tier: ['auto', 'default', 'standard', 'standard_only'],
  speed: ['standard'],
};
/** Fields that change what an answer is or where it is made, with what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  inference_geo: "can only be 'global'. Say in provider.country in which countries homes may answer.",
  mcp_servers: 'is not supported: homes call no other servers. Offer their tools in tools, and call them yourself.',
};
/**
 * A conversation that servers of this API keep. Its beginning holds all that an answer needs; to what would go on from a kept one, the clients are told that
 * it is gone, and send the whole again by themselves. Source: ThreadState of @anthropic-ai/sdk.
 */
const THREAD_FAULT: RequestFault = {
  param: LOST_THREAD,
  code: 'unsupported_parameter',
  message: `'${LOST_THREAD}' is not supported: nothing is kept from one request to the next. Send the whole conversation in messages.`,
};
/** The chat API's own fields that this API has no word for. */
const PASSED = new Set([
  'provider',
  'resume',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'verbosity',
]);

/**
 * Reads the untrusted body of `POST /v1/messages`.
 * Errors name the first wrong field and how to mend it; what is left out stands in the chat's `ignored`, by this API's names.
 */
export function parseMessages(body: unknown): Result<Translated<MessagesFacts>, RequestFault> {
  return translate(body, messagesBody);
}

/** Reads the untrusted body of `POST /v1/messages/count_tokens`: the chat whose prompt is to be counted. Errors as of parseMessages. */
export function parseTokenCount(body: unknown): Result<Translated<MessagesFacts>, RequestFault> {
  return translate(body, tokenCountBody);
}

function translate(
  body: unknown,
  schema: typeof messagesBody | typeof tokenCountBody,
): Result<Translated<MessagesFacts>, RequestFault> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return err({ param: null, code: 'invalid_json', message: 'The request body must be a JSON object.' });
  if (continuesThread(body)) return err(THREAD_FAULT);
  const parsed = schema.safeParse(body);
  if (!parsed.success) return err(describeIssue(parsed.error.issues[0], body));
  const reading: Reading = { body, fault: null, ignored: [] };
  const chatBody = toChatBody(parsed.data, reading);
  if (reading.fault) return err(reading.fault);
  const chat = parseChatRequest(chatBody);
  if (!chat.ok) return err(translateFault(chat.error, chatBody));
  const ignored = reading.ignored.slice(0, MAX_IGNORED).map((field) => field.slice(0, 64));
  return ok({ chat: { ...chat.value, ignored }, facts: {} });
}

function continuesThread(body: object): boolean {
  const thread: unknown = 'thread' in body ? body.thread : null;
  return typeof thread === 'object' && thread !== null && 'type' in thread && thread.type === 'continue';
}

function toChatBody(said: z.output<typeof tokenCountBody>, reading: Reading): object {
  const { model, max_tokens, temperature, top_p, top_k, stop_sequences: stop, stream } = said;
  return {
    ...readOthers(reading),
    model,
    max_tokens,
    temperature,
    top_p,
    top_k,
    stop,
    stream,
    ...(stream && { stream_options: { include_usage: true } }),
    ...readToolFields(said, reading),
    messages: readTurns(said, reading),
  };
}

/** The fields that the schema does not name: what the chat API's parser reads is handed on, the rest is judged. */
function readOthers(reading: Reading): object {
  const passed: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(reading.body as Readonly<Record<string, unknown>>)) {
    if (Object.hasOwn(messagesBody.shape, field) || HINTS.has(field) || asksNothing(field, value)) continue;
    if (PASSED.has(field) || samplerOf(field)) passed[field] = value;
    else if (Object.hasOwn(REFUSED, field)) refuse(field, REFUSED[field] ?? '', reading);
    else {
      const became = judgeField(field, value);
      if (became === 'refused') refuse(field, 'is not supported. Leave it out.', reading);
      else if (became === 'ignored') reading.ignored.push(field);
    }
  }
  return passed;
}

function asksNothing(field: string, value: unknown): boolean {
  if (value == null || (Array.isArray(value) && value.length === 0)) return true;
  if (field === 'context_management') return keepsAll(value);
  return Object.hasOwn(NEUTRAL, field) && NEUTRAL[field]?.includes(value) === true;
}

/** Agents say that all thinking stays, which it does. */
function keepsAll(value: unknown): boolean {
  const parsed = contextManagement.safeParse(value);
  return parsed.success && (parsed.data.edits ?? []).every(({ keep }) => keep === 'all');
}

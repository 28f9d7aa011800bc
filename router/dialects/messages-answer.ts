// An answer as the Messages API tells it: the message object, what a turn ended for, and what was counted. Source: the Anthropic API's reference, "Message",
// and the types of @anthropic-ai/sdk.
import type { Usage } from '../../schema/chunks.ts';
import type { ChatCompletion, ChatFinish } from './dialect.ts';

/** What an answer needs of its request. */
export interface MessagesFacts {
  /** Tokens of the prompt, as estimated before the answer: a stream tells a number when it begins, and the exact one when it ends. */
  readonly expectedInputTokens?: number;
}

export type StopReason = 'end_turn' | 'max_tokens' | 'tool_use' | 'refusal';

/** A content block that is complete. */
export type AnswerBlock =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'text'; readonly text: string; readonly citations: null }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: object;
      readonly caller: { readonly type: 'direct' };
    };

/** `msg_…`, from the chat's `chatcmpl-…`. */
export function toMessageId(chatId: string): string {
  return `msg_${chatId.replace(/^chatcmpl-/, '')}`;
}

/** Clients send thinking back with its signature, and some only where it has one. Nothing is proved by it here. */
export function signThinking(messageId: string): string {
  return `irori-${messageId}`;
}

/** Where calls were made the turn ended for them, whatever word the home had for that. Which stop sequence was met no home tells. */
export function toStopReason(finish: ChatFinish | null, hasCalls: boolean): StopReason {
  if (finish === 'length') return 'max_tokens';
  if (finish === 'content_filter') return 'refusal';
  return hasCalls ? 'tool_use' : 'end_turn';
}

/** The members of a message that tell how it ended, which a stream tells in its `message_delta`. */
export function describeEnd(reason: StopReason | null): object {
  const details = reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null;
  return { stop_reason: reason, stop_sequence: null, stop_details: details };
}

/** Tokens of an answer. Nothing is cached for a price of its own here: all of the prompt is input. */
export function toUsage(inputTokens: number, usage: Usage | null): object {
  const thinking = usage?.completion_tokens_details?.reasoning_tokens;
  return {
    input_tokens: usage?.prompt_tokens ?? inputTokens,
    output_tokens: usage?.completion_tokens ?? 0,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens_details: thinking === undefined ? null : { thinking_tokens: thinking },
    server_tool_use: null,
    ...(usage?.energy && { energy: usage.energy }),
  };
}

/** The message object; `content` and the end are empty where a stream begins. */
export function makeMessage(
  head: { readonly id: string; readonly model: string },
  content: readonly AnswerBlock[],
  reason: StopReason | null,
  usage: object,
): object {
  return {
    id: toMessageId(head.id),
    type: 'message',
    role: 'assistant',
    model: head.model,
    content,
    ...describeEnd(reason),
    container: null,
    diagnostics: null,
    usage: { ...usage, cache_creation: null, inference_geo: null, service_tier: 'standard', speed: null },
  };
}

/** The input of a call, of the JSON text that a model wrote. Where that is broken it stands whole under the name by which this API's documentation has clients send such input back. */
function readInput(text: string): object {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  return { INVALID_JSON: text };
}

/** The message of a whole answer, with the network's facts beside it: what a stream of the same answer adds up to. */
export function encodeMessage(_facts: MessagesFacts, completion: ChatCompletion): object {
  const [choice] = completion.choices;
  const calls = choice?.message.tool_calls ?? [];
  const thinking = choice?.message.reasoning_content ?? '';
  const text = choice?.message.content ?? '';
  const signature = signThinking(toMessageId(completion.id));
  const content: AnswerBlock[] = [
    ...(thinking === '' ? [] : [{ type: 'thinking' as const, thinking: thinking.toWellFormed(), signature }]),
    ...(text === '' ? [] : [{ type: 'text' as const, text: text.toWellFormed(), citations: null }]),
    ...calls.map(({ id, function: { name, arguments: given } }) => ({
      type: 'tool_use' as const,
      id,
      name,
      input: readInput(given.toWellFormed()),
      caller: { type: 'direct' as const },
    })),
  ];
  const reason = toStopReason(choice?.finish_reason ?? null, calls.length > 0);
  const message = makeMessage(completion, content, reason, toUsage(0, completion.usage));
  return completion.irori ? { ...message, irori: completion.irori } : message;
}

/** The answer to a count of tokens. */
export function encodeTokenCount(inputTokens: number): object {
  return { input_tokens: inputTokens };
}

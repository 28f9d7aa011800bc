// The bytes of a streamed answer: server-sent events that the agent (content), the hub (the last events, comments in silence) and the edge (what comes between two homes) write.
import type { Hex } from './bytes.ts';
import type { EnergyTold } from './energy-told.ts';
import type { AnswerCall } from './joined-calls.ts';
import { encodeLogprobs } from './logprobs.ts';
import type { TokenLogprob } from './logprobs.ts';
import type { Mode } from './placement.ts';
import { escapeLines, quoteText as quote } from './quote-json.ts';
import type { ResumeClass } from './settlement.ts';

export interface ChunkHead {
  /** `chatcmpl-…`, the same in every chunk of one answer. */
  readonly id: string;
  /** Seconds since epoch. */
  readonly created: number;
  readonly model: string;
  /** Which of a call's answers it is, from 0; the only one where left out. */
  readonly index?: number | undefined;
  /** Calls of tools are told in the API's older form, `function_call`, which holds one. */
  readonly isFunctionCall?: boolean | undefined;
  /** Of a text that goes on, at the edge alone: the prompt, where it stands before the answer. */
  readonly echo?: string | undefined;
  /** Of embeddings, at the edge alone: how many, and how their numbers are told. */
  readonly vectors?: { readonly count: number; readonly isBase64: boolean } | undefined;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  /** Only of an answer that was thought over: thinking is output and counted there. */
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
  /** The network's own: the same as in its facts. */
  readonly energy?: EnergyTold;
}

/** The usage of an answer; `thinkingTokens` are among `outputTokens`. Source: the OpenAI API's usage object. */
export function makeUsage(counts: { promptTokens: number; outputTokens: number; thinkingTokens: number }): Usage {
  const { promptTokens, outputTokens, thinkingTokens } = counts;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    ...(thinkingTokens > 0 ? { completion_tokens_details: { reasoning_tokens: thinkingTokens } } : {}),
  };
}

/** The same with the answer's energy beside the counts, where its facts tell it. */
export function withEnergy(usage: Usage, { energy }: Pick<FinalFacts, 'energy'>): Usage {
  return energy ? { ...usage, energy } : usage;
}

/** 'content_filter': the model server's own filter ended the answer. 'function_call': 'tool_calls' in the older form. */
export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls' | 'function_call';

/** What the network adds to an answer, in the last chunk and in the `x-irori` header. */
export interface IroriFacts {
  readonly job: string;
  readonly node: string;
  readonly country: string | null;
  readonly digest: string;
  /** Homes that gave the answer, one after another where one broke off. */
  readonly attempts: number;
  /** How faithfully the answer went on at another home; null where one home gave all of it. */
  readonly resumed: ResumeClass | null;
  /** How the home was chosen, why, how far it is and when its first token was expected. */
  readonly mode: Mode | null;
  readonly reason: string | null;
  readonly distance_km: number | null;
  readonly expected_ttft_ms: number | null;
  readonly ttft_ms: number | null;
  readonly receipt: string;
  /** Of a call that is paid for by itself. */
  readonly payment?: PaymentTold;
}

/** What is charged of it is settled when the answer is booked: `receipt` is where it is told. */
export interface PaymentTold {
  readonly id: string;
  readonly scheme: string;
  readonly network: string;
  readonly authorised_micro: number;
  readonly receipt: string;
}

/** Facts of a finished job as the last chunk carries them: with the charge and the hash of the signed receipt. */
export interface FinalFacts extends IroriFacts {
  /** Of the whole answer, as charged; for those who do not ask for the usage, too. */
  readonly output_tokens: number;
  readonly charge_micro: number;
  readonly receipt_hash: Hex | null;
  /** Of the whole answer. */
  readonly energy?: EnergyTold;
}

const encoder = new TextEncoder();
export const DONE_EVENT: Uint8Array = encoder.encode('data: [DONE]\n\n');
/**
 * One line in silence, with no blank line behind it: that would end an event, and readers who give on every event, empty ones too, choke on it
 * (openai-go, pull requests 643 and 651; httpx-sse, pull request 46; openai-python once an id was seen, issue 2722).
 */
export const COMMENT_LINE: Uint8Array = encoder.encode(': irori\n');

/** What of a call an event tells: texts, but for the index. The arguments' text is a piece of JSON, and the whole may be no JSON at all. */
export type CallSlot = 'index' | 'id' | 'name' | 'arguments';
/** An event's part for a call: one more literal than slots, which stand between them. */
export interface CallForm {
  readonly literals: readonly string[];
  readonly slots: readonly CallSlot[];
}

/** The event that begins a call, and those that go on with its arguments. */
export interface CallForms {
  readonly begin: CallForm;
  readonly more: CallForm;
}

/**
 * The one form of every event of an answer that runs, as the home writes it and as the hub holds each frame against it: `start`, in the first event of
 * an answer the role, the name of what it says, that as a JSON string that is not empty, and `end`. Nothing else may stand in a `data` frame.
 */
export interface EventForm {
  readonly start: string;
  readonly role: string;
  /** What stands before the string, by what it is: frames flagged as thinking hold the one, all others the other. */
  readonly fields: { readonly text: string; readonly thinking: string };
  /** What stands between thinking and the same string once more, under the name that other clients read. */
  readonly again: string;
  /** Instead of field and string, in frames flagged as calls; null where an answer of this kind makes none. */
  readonly calls: CallForms | null;
  readonly end: string;
  /** The end in its two halves: between them stands, where an answer tells them, how likely its tokens were. */
  readonly logprobs: { readonly before: string; readonly after: string };
}

const TOOL_CALLS: CallForms = {
  begin: {
    literals: ['"tool_calls":[{"index":', ',"id":', ',"type":"function","function":{"name":', ',"arguments":', '}}]'],
    slots: ['index', 'id', 'name', 'arguments'],
  },
  more: { literals: ['"tool_calls":[{"index":', ',"function":{"arguments":', '}}]'], slots: ['index', 'arguments'] },
};
const FUNCTION_CALL: CallForms = {
  begin: { literals: ['"function_call":{"name":', ',"arguments":', '}'], slots: ['name', 'arguments'] },
  more: { literals: ['"function_call":{"arguments":', '}'], slots: ['arguments'] },
};
const LOGPROBS: EventForm['logprobs'] = { before: '},"logprobs":', after: ',"finish_reason":null}]}\n\n' };

/** Source of the shape: the OpenAI API's chat.completion.chunk object; of `reasoning_content` the DeepSeek API, which llama-server and vLLM follow, of `reasoning` OpenRouter's. */
export function formChunk(head: ChunkHead): EventForm {
  return {
    start: `data: {"id":${quote(head.id)},"object":"chat.completion.chunk","created":${head.created},"model":${quote(head.model)},"choices":[{"index":${head.index ?? 0},"delta":{`,
    role: '"role":"assistant",',
    fields: { text: '"content":', thinking: '"reasoning_content":' },
    again: ',"reasoning":',
    calls: head.isFunctionCall ? FUNCTION_CALL : TOOL_CALLS,
    end: `${LOGPROBS.before}null${LOGPROBS.after}`,
    logprobs: LOGPROBS,
  };
}

/** Writes the chunks of one answer: everything but the text is rendered once. Each call is one complete event; the first one of an answer carries the role. */
export interface ChunkWriter {
  readonly content: (text: string, logprobs?: readonly TokenLogprob[]) => string;
  /** Thinking: what the model wrote before or between the words of its answer. */
  readonly thinking: (text: string) => string;
  /** A piece of a call: with its id and name where it begins. */
  readonly call: (piece: WrittenCall) => string;
  /** Calls that an answer of this form holds: further ones are not written. */
  readonly mostCalls: number;
}

/** A piece of a call as it is written. */
export interface WrittenCall {
  /** From 0, in the order in which calls began. */
  readonly index: number;
  readonly begun?: { readonly id: string; readonly name: string };
  readonly arguments: string;
}

export function makeChunkWriter(head: ChunkHead, isContinued = false): ChunkWriter {
  return makeFormWriter(formChunk(head), isContinued);
}

/** Writes events of any form. Calls are of forms that have them. */
export function makeFormWriter(form: EventForm, isContinued: boolean): ChunkWriter {
  const { start, role, fields, again, calls, end, logprobs } = form;
  const rest = start + fields.text;
  let hasRole = isContinued;
  const writeAround = (said: string, rest = end): string => {
    const event = start + (hasRole ? '' : role) + said + rest;
    hasRole = true;
    return event;
  };
  const write = (field: string, text: string): string => writeAround(field + quote(text));
  const writeLikely = (text: string, tokens: readonly TokenLogprob[]): string =>
    writeAround(fields.text + quote(text), logprobs.before + encodeLogprobs(tokens) + logprobs.after);
  return {
    content: (text, tokens) => {
      if (tokens && tokens.length > 0) return writeLikely(text, tokens);
      return hasRole ? rest + quote(text) + end : write(fields.text, text);
    },
    thinking: (text) => {
      const said = quote(text);
      return writeAround(fields.thinking + said + again + said);
    },
    call: (piece) => (calls ? writeAround(writeCall(piece.begun ? calls.begin : calls.more, piece)) : ''),
    mostCalls: calls ? mostCallsOf(calls) : 0,
  };
}

/** As many as an answer may make: each of them is an entry of every client's memory. */
const MOST_CALLS = 256;

/** The older form numbers no calls: it has room for one. */
export function mostCallsOf({ begin }: Exclude<EventForm['calls'], null>): number {
  return begin.slots.includes('index') ? MOST_CALLS : 1;
}

function writeCall({ literals, slots }: CallForm, { index, begun, arguments: given }: WrittenCall): string {
  const values: Readonly<Record<CallSlot, string>> = {
    index: String(index),
    id: quote(begun?.id ?? ''),
    name: quote(begun?.name ?? ''),
    arguments: quote(given),
  };
  return literals.map((literal, i) => literal + (slots[i] ? values[slots[i]] : '')).join('');
}

/** What the last chunk says beside its reason. */
export interface FinishExtra {
  /** Nothing was sent before: it carries the role, and that the content is empty. */
  readonly role: boolean;
  /** Thinking was sent and no text: it tells that the content is empty. */
  readonly isEmpty?: boolean;
  readonly irori?: FinalFacts;
}

/** The chunk that ends an answer: its finish reason, with the network's facts when it is the last chunk. */
export function encodeFinishChunk(head: ChunkHead, reason: FinishReason, extra: FinishExtra): Uint8Array {
  const { role, isEmpty = role } = extra;
  const delta = { ...(role ? { role: 'assistant' } : {}), ...(isEmpty ? { content: '' } : {}) };
  return encodeEvent({
    ...chunkBase(head),
    choices: [{ index: head.index ?? 0, delta, logprobs: null, finish_reason: reason }],
    ...(extra.irori ? { irori: extra.irori } : {}),
  });
}

/**
 * A chunk that says nothing. It follows comments, at once with the event that ends the silence: readers who cut at blank lines and pass over
 * what begins with a colon lose this one and not that. Its delta is not `{}`, which some take for the end, and names no role, which some add up.
 */
export function encodeEmptyChunk(head: ChunkHead): Uint8Array {
  const choices = [{ index: head.index ?? 0, delta: { content: '' }, logprobs: null, finish_reason: null }];
  return encodeEvent({ ...chunkBase(head), choices });
}

/** The usage chunk that OpenAI sends last when `stream_options.include_usage` is set: no choices. */
export function encodeUsageChunk(head: ChunkHead, usage: Usage, irori: FinalFacts): Uint8Array {
  return encodeEvent({ ...chunkBase(head), choices: [], usage, irori });
}

/** What is told of an error after the first byte: the same as before it. */
export interface StreamError {
  readonly message: string;
  readonly type: string;
  readonly param?: string | null;
  readonly code: string;
  /** Of failures in which nobody could answer: what programs go by. */
  readonly availability?: object;
}

/** An error after the first byte, in the form OpenRouter uses: `error` beside `choices`; the official client raises it. */
export function encodeErrorChunk(head: ChunkHead, error: StreamError): Uint8Array {
  return encodeEvent({
    ...chunkBase(head),
    error: { param: null, ...error },
    choices: [{ index: head.index ?? 0, delta: { content: '' }, logprobs: null, finish_reason: 'error' }],
  });
}

function chunkBase(head: ChunkHead): { id: string; object: string; created: number; model: string } {
  return { id: head.id, object: 'chat.completion.chunk', created: head.created, model: head.model };
}

/** A value as an event: one line to every reader. */
export function encodeEvent(value: unknown): Uint8Array {
  return encoder.encode(`data: ${escapeLines(JSON.stringify(value))}\n\n`);
}

/** What an answer holds: the text that it is, the thinking that was written beside it, and calls of tools; any of them may be empty. */
export interface AnswerText {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly AnswerCall[];
  /** How likely the tokens of the text were, where that was asked and told. */
  readonly logprobs?: readonly TokenLogprob[];
}

/** What a whole answer was, for a body that is no stream. */
export interface WholeAnswer extends AnswerText {
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Among the output tokens. */
  readonly thinkingTokens: number;
  readonly finish: FinishReason;
}

/** The OpenAI API's chat.completion object, with the network's facts beside it. */
export function encodeCompletion(head: ChunkHead, answer: WholeAnswer, irori: FinalFacts): string {
  const { text, thinking, calls, finish, logprobs: tokens } = answer;
  const logprobs = tokens ? { content: tokens, refusal: null } : null;
  const thought = thinking === '' ? {} : { reasoning_content: thinking, reasoning: thinking };
  // An answer that only calls has no content, as clients of the API expect it.
  const content = text === '' && calls.length > 0 ? null : text;
  const message = { role: 'assistant', content, ...thought, refusal: null, ...tellCalls(calls, head) };
  return JSON.stringify({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [{ index: head.index ?? 0, message, logprobs, finish_reason: finish }],
    usage: withEnergy(makeUsage(answer), irori),
    irori,
  });
}

function tellCalls(calls: readonly AnswerCall[], { isFunctionCall = false }: ChunkHead): object {
  const [first] = calls;
  if (!first) return {};
  if (isFunctionCall) return { function_call: { name: first.name, arguments: first.arguments } };
  return {
    tool_calls: calls.map(({ id, name, arguments: given }) => ({
      id,
      type: 'function',
      function: { name, arguments: given },
    })),
  };
}

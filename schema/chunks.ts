// The bytes of a streamed answer: server-sent events that both the agent (content) and the edge (the last events) write.
import type { Hex } from './bytes.ts';
import type { Mode } from './placement.ts';
import type { ResumeClass } from './settlement.ts';

export interface ChunkHead {
  /** `chatcmpl-…`, the same in every chunk of one answer. */
  readonly id: string;
  /** Seconds since epoch. */
  readonly created: number;
  readonly model: string;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** 'content_filter': the model server's own filter ended the answer. */
export type FinishReason = 'stop' | 'length' | 'content_filter';

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
}

/** Facts of a finished job as the last chunk carries them: with the charge and the hash of the signed receipt. */
export interface FinalFacts extends IroriFacts {
  readonly charge_micro: number;
  readonly receipt_hash: Hex | null;
}

const encoder = new TextEncoder();
export const DONE_EVENT: Uint8Array = encoder.encode('data: [DONE]\n\n');
/**
 * One line in silence, with no blank line behind it: that would end an event, and readers who give on every event, empty ones too, choke on it
 * (openai-go, pull requests 643 and 651; httpx-sse, pull request 46; openai-python once an id was seen, issue 2722).
 */
export const COMMENT_LINE: Uint8Array = encoder.encode(': irori\n');

/** Writes the content chunks of one answer: everything but the text is rendered once. */
export interface ChunkWriter {
  /** One complete event; the first one of an answer carries the role. */
  readonly content: (text: string) => string;
}

/** Source of the shape: the OpenAI API's chat.completion.chunk object. */
export function makeChunkWriter(head: ChunkHead, isContinued = false): ChunkWriter {
  const start = `data: {"id":${JSON.stringify(head.id)},"object":"chat.completion.chunk","created":${head.created},"model":${JSON.stringify(head.model)},"choices":[{"index":0,"delta":{`;
  const first = `${start}"role":"assistant","content":`;
  const rest = `${start}"content":`;
  const end = '},"logprobs":null,"finish_reason":null}]}\n\n';
  let prefix = isContinued ? rest : first;
  return {
    content: (text) => {
      const event = prefix + JSON.stringify(text) + end;
      prefix = rest;
      return event;
    },
  };
}

/** The chunk that ends an answer: its finish reason, with the network's facts when it is the last chunk. */
export function encodeFinishChunk(
  head: ChunkHead,
  reason: FinishReason,
  extra: { role: boolean; irori?: FinalFacts },
): Uint8Array {
  const delta = extra.role ? { role: 'assistant', content: '' } : {};
  return encodeEvent({
    ...chunkBase(head),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    ...(extra.irori ? { irori: extra.irori } : {}),
  });
}

/**
 * A chunk that says nothing. It follows comments, at once with the event that ends the silence: readers who cut at blank lines and pass over
 * what begins with a colon lose this one and not that. Its delta is not `{}`, which some take for the end, and names no role, which some add up.
 */
export function encodeEmptyChunk(head: ChunkHead): Uint8Array {
  const choices = [{ index: 0, delta: { content: '' }, logprobs: null, finish_reason: null }];
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
}

/** An error after the first byte, in the form OpenRouter uses: `error` beside `choices`; the official client raises it. */
export function encodeErrorChunk(head: ChunkHead, error: StreamError): Uint8Array {
  return encodeEvent({
    ...chunkBase(head),
    error: { param: null, ...error },
    choices: [{ index: 0, delta: { content: '' }, logprobs: null, finish_reason: 'error' }],
  });
}

function chunkBase(head: ChunkHead): { id: string; object: string; created: number; model: string } {
  return { id: head.id, object: 'chat.completion.chunk', created: head.created, model: head.model };
}

function encodeEvent(value: unknown): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(value)}\n\n`);
}

/** Text of all content deltas in complete events, in order; events that are not content chunks add nothing. Errors: none, garbage is skipped. */
export function readContent(events: string): string {
  let text = '';
  for (const line of events.split('\n')) {
    if (!line.startsWith('data: {')) continue;
    try {
      const delta: unknown = JSON.parse(line.slice(6))?.choices?.[0]?.delta?.content;
      if (typeof delta === 'string') text += delta;
    } catch {
      continue;
    }
  }
  return text;
}

/** What a whole answer was, for a body that is no stream. */
export interface WholeAnswer {
  readonly text: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly finish: FinishReason;
}

/** The OpenAI API's chat.completion object, with the network's facts beside it. */
export function encodeCompletion(head: ChunkHead, answer: WholeAnswer, irori: FinalFacts): string {
  const { text, promptTokens, outputTokens, finish } = answer;
  return JSON.stringify({
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: head.model,
    choices: [
      { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: finish },
    ],
    usage: { prompt_tokens: promptTokens, completion_tokens: outputTokens, total_tokens: promptTokens + outputTokens },
    irori,
  });
}

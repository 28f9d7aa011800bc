// What an API is that callers speak beside Chat Completions: its requests become chat requests, and the chunks of a chat's answer become its events. Nothing
// else of the network knows of it: placement, relay, resume and bills are those of a chat. Types only.
import type { StreamError, Usage } from '../../schema/chunks.ts';
import type { ChatRequest } from '../../schema/openai.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import type { Result } from '../../schema/result.ts';

/** A piece of one of an answer's calls: id, type and name in the first, arguments in each. */
export interface CallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: 'function';
  readonly function: { readonly name?: string; readonly arguments?: string };
}

/** A token of an answer, how likely it was, and the likeliest ones at its place. */
export interface ChatLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes?: readonly number[] | null;
  readonly top_logprobs?: readonly Omit<ChatLogprob, 'top_logprobs'>[];
}

/** One chunk of a chat's answer, as schema/chunks.ts writes it. */
export interface ChatChunk {
  readonly id: string;
  /** Seconds since epoch. */
  readonly created: number;
  readonly model: string;
  /** One, or none where the chunk is the usage. */
  readonly choices: readonly {
    readonly index: number;
    readonly delta: {
      readonly role?: 'assistant';
      readonly content?: string | null;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly CallDelta[];
    };
    readonly logprobs?: { readonly content?: readonly ChatLogprob[] | null } | null;
    readonly finish_reason: ChatFinish | 'error' | null;
  }[];
  readonly usage?: Usage | null;
  readonly error?: StreamError;
  /** The network's facts, in the last chunk. */
  readonly irori?: object;
}
export type ChatFinish = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** A whole answer, as schema/chunks.ts writes it. */
export interface ChatCompletion {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly message: {
      readonly role: 'assistant';
      readonly content: string | null;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly {
        readonly id: string;
        readonly type: 'function';
        readonly function: { readonly name: string; readonly arguments: string };
      }[];
    };
    readonly logprobs?: { readonly content?: readonly ChatLogprob[] | null } | null;
    readonly finish_reason: ChatFinish;
  }[];
  readonly usage: Usage;
  readonly irori?: object;
}

/** An error before the first byte, as the chat's route tells it. */
export interface DialectError extends StreamError {
  readonly status: number;
}

/** What a request of this API became: the chat that is answered, and what its answer has to echo. */
export interface Translated<F> {
  readonly chat: ChatRequest;
  readonly facts: F;
}

/** Writes the events of one streamed answer, as text of server-sent events. It holds what was said; every call happens once and in this order: start, takes and pings, then end or fail. */
export interface DialectStream {
  /** Before anything of the answer is there. */
  readonly start: () => string;
  /** What a chunk says; '' where this API has no event for it. The chunk with the finish reason comes before the one with the usage. */
  readonly take: (chunk: ChatChunk) => string;
  /** In silence: whatever keeps this API's clients waiting. */
  readonly ping: () => string;
  /** The answer is complete: the events that end it. */
  readonly end: () => string;
  /** The answer broke off past rescue: the events by which its clients know, and no sign of a good end. */
  readonly fail: (error: StreamError) => string;
}

/** One API. `F`: what its answers echo of the request. Everything is pure: ids come from the chat's id, times from its chunks. */
export interface Dialect<F> {
  /** Reads an untrusted body. Faults name this API's own fields. */
  readonly parse: (body: unknown) => Result<Translated<F>, RequestFault>;
  /** `head`: the answer's id (`chatcmpl-…`), time and model. */
  readonly openStream: (facts: F, head: Pick<ChatChunk, 'id' | 'created' | 'model'>) => DialectStream;
  readonly encodeWhole: (facts: F, completion: ChatCompletion) => object;
  readonly encodeError: (error: DialectError) => object;
}

// The one interface behind which every engine stands: whatever serves tokens at home. Types only: no behaviour, no imports but types.

import type { ChatWishes } from '../../schema/chat-job.ts';
import type { CompletionWishes } from '../../schema/completion-job.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import type { JobRequests } from '../../schema/job-request.ts';
import type { TokenLogprob } from '../../schema/logprobs.ts';
import type { Message } from '../../schema/message.ts';
import type { Need, Sampler } from '../../schema/needs.ts';
import type { Result } from '../../schema/result.ts';

/** An engine that answers jobs at home. `run` never throws and never rejects: whatever goes wrong is in its Finish. */
export interface Backend {
  /** For the owner's eyes; what follows from it stands in `capabilities`. */
  readonly kind: 'openai-http' | 'onnx' | 'embedder';
  /** What this engine can promise. May change after `detect` (a server's product decides whether it can continue a text). */
  capabilities(): Capabilities;
  /** Looks whether the engine is there and may be shared; the error is a sentence for the owner that says what to do. */
  detect(signal: AbortSignal): Promise<Result<Detected, string>>;
  /** The models that may be shared now. Empty when the engine is away or refused; rejects where its models cannot be read. */
  models(): Promise<ModelInfo[]>;
  /** What is left to ask the engine about its models; absent where it needs no asking. */
  readonly questions?: Questions | undefined;
  /** How many jobs this engine answers at once. */
  slots(): Promise<number>;
  /**
   * Runs one job. `sink` gets the answer piece by piece and applies back-pressure: nothing more is taken from the engine
   * while its promise is open. After `signal` aborts, `sink` is not called again and the Finish says 'cancelled'.
   * `onAlive` is called about once a second as long as the engine is at work, whether it gives anything or not (`moves`: it has sent something since the
   * last call); an engine that gives no sign of life any more ends the run as 'unreachable'.
   */
  run(job: BackendJob, sink: Sink, signal: AbortSignal, onAlive?: (moves?: boolean) => void): Promise<Finish>;
  /** Brings a model into memory, so that the next run begins at once. The error is a sentence for the owner. */
  load(model: string): Promise<Result<null, string>>;
  /** Frees the memory of models this engine loaded; runs under way end as 'cancelled'. The next run loads again. */
  unload(): Promise<void>;
  /** Loads again what `unload` took out of a server that loads nothing by itself; absent where there is no such. Never rejects. */
  restore?(): Promise<void>;
  /** Ends everything. The backend is not used afterwards. */
  close(): Promise<void>;
}

/** Small requests that show what an engine's models can do: `models` tells it afterwards. */
export interface Questions {
  /** False where nothing is left to ask, or nothing can be asked now. */
  isOpen(): boolean;
  /** Asks each once, one after the other, until `signal` aborts. Never rejects. */
  ask(signal: AbortSignal): Promise<void>;
}

export type Sink = (delta: Delta) => void | Promise<void>;

export interface Capabilities {
  /** 'exact': the same tokens follow; 'text': the text is continued, sampling is not reproduced; 'none': start again. */
  readonly resume: 'exact' | 'text' | 'none';
  /** The agent brought the models itself: it may load and time them unasked. False for a program of the owner's. */
  readonly isBuiltIn: boolean;
  /** What sets the pace: a first guess at it comes from the name of the graphics card, or needs none. */
  readonly computesOn: 'cpu' | 'graphics-card';
}

export interface Detected {
  /** 'onnx', 'use', 'ollama', 'lm-studio', 'llama-server', 'vllm' or 'unknown'. */
  readonly product: string;
  readonly version: string | null;
  /** Sentences for the owner: what was left out and why. */
  readonly notes: readonly string[];
  /** Sentences for the owner that may want something done: an address that was wrong, a thing that could not be seen. */
  readonly warnings?: readonly string[];
  /** Names that a server lists, whether they are offered or not: what the owner chose beside them is not there. Absent where it lists none. */
  readonly listed?: readonly string[];
}

export interface ModelInfo {
  /** The backend's own name; ends in `*` when it is a pattern of the owner's that the server did not list. */
  readonly name: string;
  /** sha256, 64 hex digits, of the model's manifest (hash-manifest.ts). */
  readonly digest: string;
  readonly contextTokens: number;
  /** The server did not tell its context: `contextTokens` is the least that such servers have. */
  readonly isContextGuessed?: true;
  readonly quantisation: string | null;
  readonly family: string | null;
  /** Where it is less than the engine's `capabilities().resume`: a model that thinks unseen, or whose template takes no prefix. */
  readonly resume?: Capabilities['resume'];
  /** About how long loading takes; 0 or absent when the model is in memory, or nothing is known of it. */
  readonly loadMs?: number;
  /** Of the weights, where it is known. */
  readonly sizeBytes?: number;
  /** What it can do beside text, and the samplers that its engine takes; absent: nothing of it. */
  readonly can?: readonly Need[];
  readonly samplers?: readonly Sampler[];
}

/** A job in a backend's terms, by its kind: `run` of each engine has a case for each. */
export interface BackendJobs {
  readonly chat: ChatJob;
  readonly completion: CompletionJob;
  readonly embedding: EmbeddingJob;
  readonly transcription: TranscriptionJob;
  readonly image: ImageJob;
}
export type BackendJobOf<K extends JobKind> = { [P in K]: BackendJobs[P] & JobTerms<P> }[K];
export type BackendJob = BackendJobOf<JobKind>;
/** Jobs whose answer is a text. */
export type TextJob = ChatJob | CompletionJob;

/** What a job of any kind has. */
interface JobTerms<K extends JobKind> {
  readonly kind: K;
  readonly model: string;
  readonly resume?: ChatJob['resume'];
}

export interface ChatJob {
  readonly kind: 'chat';
  /** The backend's own name of the model. */
  readonly model: string;
  readonly messages: readonly Message[];
  /** Tokens that this run may add; the router has taken off those of earlier homes, and nobody takes them off again. */
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  /** A safe non-negative integer (53 bits). */
  readonly seed: number;
  readonly stop: readonly string[];
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
  /** Tools, form of the answer, thinking and the like; absent where nothing of it was asked. */
  readonly wishes?: ChatWishes;
  /** The answer so far; `count` is its tokens, and so the position of the next one. `tokenIds` wins over `text`. */
  readonly resume?: { readonly text: string; readonly tokenIds?: readonly number[]; readonly count: number };
}

/** A text that goes on as it stands. What it has in common with a chat means the same. */
export interface CompletionJob extends Pick<
  ChatJob,
  'model' | 'maxTokens' | 'temperature' | 'topP' | 'seed' | 'stop' | 'frequencyPenalty' | 'presencePenalty' | 'resume'
> {
  readonly kind: 'completion';
  readonly prompt: string;
  /** What follows the text that is written; '' for nothing. */
  readonly suffix: string;
  readonly wishes?: CompletionWishes;
}

/** Texts as vectors. The answer is one delta or several without tokens: all vectors, packed (schema/vectors.ts). */
export interface EmbeddingJob {
  readonly kind: 'embedding';
  readonly model: string;
  readonly inputs: readonly string[];
  /** How many numbers each vector must have; absent for what the model makes. */
  readonly dimensions?: number;
}

type Said<K extends JobKind, F extends keyof JobRequests[K]> = { readonly kind: K; readonly model: string } & Readonly<
  Pick<JobRequests[K], F>
>;

/** Audio as text: one delta. */
export type TranscriptionJob = Said<
  'transcription',
  'audio' | 'format' | 'language' | 'hint' | 'temperature' | 'promptTokens'
>;

/** Pictures from a text: a delta each (schema/pictures.ts). */
export type ImageJob = Said<'image', 'prompt' | 'count' | 'width' | 'height' | 'quality' | 'outputFormat' | 'seed'> & {
  readonly promptTokens: number;
};

/** Jobs that a server answers whole, and whose prompt is counted by its bytes alone. */
export type MediaJob = TranscriptionJob | ImageJob;

/** A piece of the answer: whole characters, whole tokens. */
export interface Delta {
  readonly text: string;
  /** The text is thinking: callers get it apart from the answer, and it counts as output. */
  readonly thinking?: true;
  /** The text is a piece of a call's arguments; `begun` where the call begins. */
  readonly call?: { readonly index: number; readonly begun?: { readonly id: string; readonly name: string } };
  readonly tokens: number;
  readonly tokenIds?: readonly number[];
  /** How likely its tokens were, where the job asks for it and the engine tells; of text only. */
  readonly logprobs?: readonly TokenLogprob[];
}

export interface BackendError {
  readonly code: 'unreachable' | 'bad-request' | 'busy' | 'internal' | 'no-model' | 'context';
  /** Short, no secrets, no prompt text. Of 'bad-request' the server's reason, cleaned (clean-reason.ts). */
  readonly message: string;
  /** Of 'context', where they are known: what the prompt has, and what the model takes with its answer. */
  readonly promptTokens?: number;
  readonly contextTokens?: number;
  /** Of 'busy', where the server said: when it wants to be asked again, ms from now. */
  readonly retryMs?: number;
}

export interface Finish {
  /** 'content_filter': the engine's own filter ended the answer; what came before it stands. */
  readonly reason: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'cancelled' | 'error';
  readonly promptTokens: number | null;
  /** As the engine said; where it did not, or the answer did not come whole, those of the deltas. */
  readonly outputTokens: number;
  readonly error?: BackendError;
}

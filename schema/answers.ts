// How an answer reads and ends on the wire, by the kind of its job. The home writes the content in the one form that the kind has; the hub holds each
// frame against it and nobody parses an answer as it runs: it is read back at the end, to hand it on and to give it in one piece.
import { concatBytes } from './bytes.ts';
import {
  DONE_EVENT,
  encodeCompletion,
  encodeEmptyChunk,
  encodeErrorChunk,
  encodeFinishChunk,
  encodeUsageChunk,
  formChunk,
  makeUsage,
  withEnergy,
} from './chunks.ts';
import { readChunks } from './read-chunks.ts';
import type {
  ChunkHead,
  EventForm,
  FinalFacts,
  FinishExtra,
  FinishReason,
  StreamError,
  Usage,
  WholeAnswer,
} from './chunks.ts';
import type { SaidText } from './read-chunks.ts';
import {
  encodeCompletionError,
  encodeCompletionFinish,
  encodeCompletionUsage,
  encodeEcho,
  encodeEmptyCompletion,
  encodeTextCompletion,
  formCompletion,
  readCompletions,
} from './completion-chunks.ts';
import type { JobKind } from './job-kinds.ts';
import type { OpenRequestOf, OpenRequests } from './job-request.ts';
import { encodePictures, formPictures, MAX_PICTURES_CHARS, readPictures } from './pictures.ts';
import { encodeVectors, formVectors, mostVectorBytes, readVectors } from './vectors.ts';

export interface AnswerFormat<R = never> {
  /** Bytes that an answer may hold at most, far above what it needs: a home cannot fill a caller's disk or an edge's memory. */
  readonly maxBytes: (request: R) => number;
  /** The only form that an event of the home's may have. */
  readonly form: (head: ChunkHead) => EventForm;
  /**
   * What complete events say: the text of the answer, which another home goes on from, and the thinking beside it. Both are given to the
   * caller and both are output, so both are counted and charged.
   */
  readonly readEvents: (events: string) => SaidText;
  /** What stands before a streamed answer, the edge's own; absent or null for nothing. */
  readonly encodeOpening?: (head: ChunkHead) => Uint8Array | null;
  /** No part of an answer is of use without the rest: another home begins it anew, and nobody is charged for a part. */
  readonly isAllOrNothing?: boolean;
  /** An event that says nothing: what comments in silence may stand before. */
  readonly encodeEmpty: (head: ChunkHead) => Uint8Array;
  /** The event that ends an answer; with the facts where it is the last one before the terminator. */
  readonly encodeFinish: (head: ChunkHead, reason: FinishReason, extra: FinishExtra) => Uint8Array;
  readonly encodeUsage: (head: ChunkHead, usage: Usage, irori: FinalFacts) => Uint8Array;
  readonly encodeError: (head: ChunkHead, error: StreamError) => Uint8Array;
  /** The body of an answer that is no stream, as JSON text. */
  readonly encodeWhole: (head: ChunkHead, answer: WholeAnswer, irori: FinalFacts) => string;
}

const WRAPPED_BYTES = 64 * 1024;
/** Base64 takes a third more, and pieces of it may be short. */
const BASE64_WRAPPED = 2;

function maxTextBytes({ maxTokens }: { readonly maxTokens: number }): number {
  return WRAPPED_BYTES + maxTokens * 8 * 1024;
}

const CHAT: AnswerFormat<{ readonly maxTokens: number }> = {
  maxBytes: maxTextBytes,
  form: formChunk,
  readEvents: readChunks,
  encodeEmpty: encodeEmptyChunk,
  encodeFinish: encodeFinishChunk,
  encodeUsage: encodeUsageChunk,
  encodeError: encodeErrorChunk,
  encodeWhole: encodeCompletion,
};

export const ANSWERS: { readonly [K in JobKind]: AnswerFormat<OpenRequests[K]> } = {
  chat: CHAT,
  completion: {
    maxBytes: maxTextBytes,
    form: formCompletion,
    readEvents: readCompletions,
    encodeOpening: encodeEcho,
    encodeEmpty: encodeEmptyCompletion,
    encodeFinish: encodeCompletionFinish,
    encodeUsage: encodeCompletionUsage,
    encodeError: encodeCompletionError,
    encodeWhole: encodeTextCompletion,
  },
  // Never streamed to a caller: of its events only the form is used.
  embedding: {
    maxBytes: (asked) => WRAPPED_BYTES + mostVectorBytes(asked) * BASE64_WRAPPED,
    form: formVectors,
    readEvents: readVectors,
    isAllOrNothing: true,
    encodeEmpty: encodeEmptyChunk,
    encodeFinish: encodeFinishChunk,
    encodeUsage: encodeUsageChunk,
    encodeError: encodeErrorChunk,
    encodeWhole: encodeVectors,
  },
  // The route makes the API's own forms of it.
  transcription: CHAT,
  // Never streamed to a caller: of its events only the form is used.
  image: {
    maxBytes: () => WRAPPED_BYTES + MAX_PICTURES_CHARS * BASE64_WRAPPED,
    form: formPictures,
    readEvents: readPictures,
    isAllOrNothing: true,
    encodeEmpty: encodeEmptyChunk,
    encodeFinish: encodeFinishChunk,
    encodeUsage: encodeUsageChunk,
    encodeError: encodeErrorChunk,
    encodeWhole: encodePictures,
  },
};

/** What the last events of a stream say. */
export interface LastWord {
  readonly finish: FinishReason;
  readonly counts: Parameters<typeof makeUsage>[0];
  readonly facts: FinalFacts;
  readonly includeUsage: boolean;
  /** Nothing was sent before. */
  readonly role: boolean;
  /** No text was sent before. */
  readonly isEmpty: boolean;
}

/** The events that end an answer well: finish reason, usage where it was asked for, the facts in the last of them, and the terminator. */
export function encodeLastEvents(kind: JobKind, head: ChunkHead, word: LastWord): Uint8Array {
  const format = ANSWERS[kind];
  const { finish, counts, facts, includeUsage, role, isEmpty } = word;
  if (!includeUsage)
    return concatBytes([format.encodeFinish(head, finish, { role, isEmpty, irori: facts }), DONE_EVENT]);
  const usage = format.encodeUsage(head, withEnergy(makeUsage(counts), facts), facts);
  return concatBytes([format.encodeFinish(head, finish, { role, isEmpty }), usage, DONE_EVENT]);
}

/** Bytes that the answer to this request may hold at most. */
export function maxAnswerBytes<K extends JobKind>(request: OpenRequestOf<K>): number {
  return ANSWERS[request.kind].maxBytes(request);
}

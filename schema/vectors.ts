// Embeddings on their way: all vectors of an answer one after the other as numbers of 32 bits, little-endian, written as base64 in pieces. So the hub can hold
// them against what was asked as they pass, and no number is read or written anew before the edge tells them.
import { decodeBase64, encodeBase64 } from './base64.ts';
import type { ChunkHead, EventForm, FinalFacts, WholeAnswer } from './chunks.ts';
import type { SaidText } from './read-chunks.ts';
import { MAX_DIMENSIONS } from './embedding-job.ts';
import { parseJson } from './json.ts';
import { quoteText } from './quote-json.ts';

/** Numbers of one answer at most, all its vectors together: 3 MB, which an edge keeps until it is whole. */
export const MAX_NUMBERS = 750_000;
const NUMBER_BYTES = 4;
/** Digits that tell a number of 32 bits from its neighbours. */
const DIGITS = 9;

/** What is asked of an answer's size. */
export interface VectorsAsked {
  readonly count: number;
  readonly dimensions?: number | undefined;
}

/** Bytes that so many vectors come to at most. */
export function mostVectorBytes({ count, dimensions = MAX_DIMENSIONS }: VectorsAsked): number {
  return NUMBER_BYTES * Math.min(MAX_NUMBERS, count * dimensions);
}

/** Numbers of each vector where `bytes` hold what was asked; null where they do not. */
export function dimensionsOf(bytes: number, { count, dimensions }: VectorsAsked): number | null {
  const each = bytes / NUMBER_BYTES / count;
  if (!Number.isInteger(each) || each < 1 || each > MAX_DIMENSIONS) return null;
  return dimensions === undefined || dimensions === each ? each : null;
}

/** The one form of an event: a piece of the base64. */
export function formVectors({ id }: ChunkHead): EventForm {
  return {
    start: `data: {"id":${quoteText(id)},"object":"embedding.piece",`,
    role: '',
    fields: { text: '"base64":', thinking: '"nothing":' },
    again: ',"again":',
    calls: null,
    end: '}\n\n',
    logprobs: { before: '', after: '' },
  };
}

/** The pieces of complete events, joined. */
export function readVectors(events: string): SaidText {
  let text = '';
  for (const line of events.split('\n')) {
    if (!line.startsWith('data: {')) continue;
    const event = parseJson(line.slice('data: '.length)) as { base64?: unknown } | null | undefined;
    if (typeof event?.base64 === 'string') text += event.base64;
  }
  return { text, thinking: '', calls: [] };
}

/** The API's list of embeddings, with the network's facts beside it. The hub has held the answer against what was asked. Throws RangeError where it has not. */
export function encodeVectors(head: ChunkHead, answer: WholeAnswer, irori: FinalFacts): string {
  const { count, isBase64 } = head.vectors ?? { count: 1, isBase64: false };
  const bytes = decodeBase64(answer.text);
  const dimensions = dimensionsOf(bytes.length, { count });
  if (dimensions === null) throw new RangeError(`${bytes.length} bytes are no ${count} vectors`);
  const size = dimensions * NUMBER_BYTES;
  const data = Array.from({ length: count }, (_, index) => {
    const vector = bytes.subarray(index * size, (index + 1) * size);
    return { object: 'embedding', index, embedding: isBase64 ? encodeBase64(vector) : readNumbers(vector) };
  });
  const { energy } = irori;
  const counts = { prompt_tokens: answer.promptTokens, total_tokens: answer.promptTokens };
  const usage = { ...counts, ...(energy && { energy }) };
  return JSON.stringify({ object: 'list', data, model: head.model, usage, irori });
}

/** With no more digits than a number of 32 bits has: half the length of what a number of 64 bits would be written as. */
function readNumbers(vector: Uint8Array): number[] {
  const view = new DataView(vector.buffer, vector.byteOffset, vector.byteLength);
  return Array.from({ length: vector.length / NUMBER_BYTES }, (_, i) =>
    Number(view.getFloat32(i * NUMBER_BYTES, true).toPrecision(DIGITS)),
  );
}

/** The vectors as they travel. */
export function packVectors(vectors: readonly ArrayLike<number>[]): Uint8Array {
  const numbers = vectors.reduce((sum, vector) => sum + vector.length, 0);
  const view = new DataView(new ArrayBuffer(numbers * NUMBER_BYTES));
  let at = 0;
  for (const vector of vectors)
    for (let i = 0; i < vector.length; i++, at += NUMBER_BYTES) view.setFloat32(at, vector[i] ?? 0, true);
  return new Uint8Array(view.buffer);
}

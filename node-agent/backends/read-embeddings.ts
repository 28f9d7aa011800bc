// A server's embeddings, read with distrust: as many vectors as were asked for, all of one length, every number finite. Pure.

import * as z from 'zod';
import { decodeBase64 } from '../../schema/base64.ts';
import { MAX_DIMENSIONS } from '../../schema/embedding-job.ts';
import { err, ok, type Result } from '../../schema/result.ts';
import { MAX_NUMBERS } from '../../schema/vectors.ts';
import type { BackendError, EmbeddingJob } from './backend.ts';

export interface Embedded {
  /** In the order of the inputs. */
  readonly vectors: readonly ArrayLike<number>[];
  /** Null where the server does not tell. */
  readonly promptTokens: number | null;
}

const answer = z.looseObject({
  data: z.array(z.looseObject({ index: z.number().int().min(0).optional(), embedding: z.unknown() })),
  usage: z
    .looseObject({ prompt_tokens: z.unknown().optional(), total_tokens: z.unknown().optional() })
    .nullish()
    .catch(null),
});
const NUMBER_BYTES = 4;

/** The error says whose doing it is: of the request that it asks for too much, or for a length that the model does not make; else the server's. */
export function readEmbeddings(
  json: unknown,
  { inputs, dimensions }: Pick<EmbeddingJob, 'inputs' | 'dimensions'>,
): Result<Embedded, BackendError> {
  const parsed = answer.safeParse(json);
  if (!parsed.success) return broken('the server answered with what is no list of embeddings');
  const { data, usage } = parsed.data;
  if (data.length !== inputs.length) return broken(`the server gave ${data.length} vectors for ${inputs.length} texts`);
  const vectors: (ArrayLike<number> | undefined)[] = inputs.map(() => undefined);
  for (const [at, { index = at, embedding }] of data.entries()) vectors[index] = readVector(embedding) ?? undefined;
  const [first] = vectors;
  const all = vectors.filter((vector) => vector !== undefined && vector.length === first?.length);
  if (!first || all.length !== inputs.length || vectors.length !== inputs.length)
    return broken('the server gave vectors that are none, or of different lengths');
  const unfit = findUnfit(first.length, { count: inputs.length, dimensions });
  if (unfit !== null) return err({ code: 'bad-request', message: unfit });
  const promptTokens = readCount(usage?.prompt_tokens) ?? readCount(usage?.total_tokens);
  return ok({ vectors: all as ArrayLike<number>[], promptTokens });
}

function findUnfit(length: number, asked: { count: number; dimensions?: number | undefined }): string | null {
  const { count, dimensions } = asked;
  if (dimensions !== undefined && length !== dimensions)
    return `the model makes vectors of ${length} numbers and no others: leave 'dimensions' out, or ask for ${length}`;
  if (length > MAX_DIMENSIONS) return `the model makes vectors of ${length} numbers, and ${MAX_DIMENSIONS} is the most`;
  if (length * count > MAX_NUMBERS)
    return `one answer holds ${MAX_NUMBERS} numbers, and the model makes ${length} of each text: send ${Math.floor(MAX_NUMBERS / length)} texts at once`;
  return null;
}

/** Numbers, or the base64 of their 32 bits each, little-endian. Null for anything else. */
function readVector(embedding: unknown): ArrayLike<number> | null {
  const numbers = typeof embedding === 'string' ? unpack(embedding) : Array.isArray(embedding) ? embedding : null;
  if (!numbers || numbers.length === 0) return null;
  // What 32 bits cannot hold would be infinite on its way.
  const isWell = numbers.every((one: unknown) => typeof one === 'number' && Number.isFinite(Math.fround(one)));
  return isWell ? numbers : null;
}

function unpack(text: string): number[] | null {
  try {
    const bytes = decodeBase64(text);
    if (bytes.length % NUMBER_BYTES !== 0) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: bytes.length / NUMBER_BYTES }, (_, i) => view.getFloat32(i * NUMBER_BYTES, true));
  } catch {
    return null;
  }
}

/** A prompt has tokens, so 0 means that nothing was counted. */
function readCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;
}

function broken(message: string): Result<never, BackendError> {
  return err({ code: 'internal', message });
}

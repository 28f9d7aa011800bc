// The one reader of a request's bytes: piece by piece, so that what is too long is not taken in, and only so long, since a body that trickles
// holds its memory and its place for nothing.
import { concatBytes } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  /** From now to its last byte. */
  readonly deadlineMs: number;
}

/** All bytes of a body. `too-slow`: they were not all there in time. Rejects as the request does, when its caller leaves. */
export async function takeBytes(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, deadlineMs }: BodyLimits,
): Promise<Result<Uint8Array<ArrayBuffer>, 'too-long' | 'too-slow'>> {
  if (!body) return ok(new Uint8Array());
  const reader = body.getReader();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const isLate = new Promise<null>((resolve) => void (timer = setTimeout(() => resolve(null), deadlineMs)));
  try {
    const taken = await takeAll(reader, isLate, maxBytes);
    // Whoever still sends is told at once: the rest is nobody's.
    if (!taken.ok) void reader.cancel().catch(() => undefined);
    return taken;
  } finally {
    clearTimeout(timer);
  }
}

async function takeAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  isLate: Promise<null>,
  maxBytes: number,
): Promise<Result<Uint8Array<ArrayBuffer>, 'too-long' | 'too-slow'>> {
  const pieces: Uint8Array[] = [];
  for (let bytes = 0; ;) {
    const read = reader.read();
    const next = await Promise.race([read, isLate]);
    if (!next) {
      read.catch(() => undefined);
      return err('too-slow');
    }
    if (!next.value) return ok(concatBytes(pieces));
    bytes += next.value.length;
    if (bytes > maxBytes) return err('too-long');
    pieces.push(next.value);
  }
}

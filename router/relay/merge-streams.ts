// Several answers to one call on their way to the one stream that its caller reads.
import { MergedChoices } from './merged-choices.ts';
import type { ChunkHead } from '../../schema/chunks.ts';
import type { JobKind } from '../../schema/job-kinds.ts';

export interface MergedStream {
  /** Reading slowly slows all homes; leaving stops them. */
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when there is nothing more to do for it. */
  readonly done: Promise<void>;
}

export interface MergeOptions {
  /** What all chunks have in common. */
  readonly head: ChunkHead;
  readonly kind: JobKind;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  /** The caller has left, or one of the answers has broken off: nobody reads the others any more. */
  readonly onStop: () => void;
}

export function mergeStreams(bodies: readonly ReadableStream<Uint8Array>[], options: MergeOptions): MergedStream {
  const { readable, writable } = new IdentityTransformStream();
  return { body: readable, done: pumpAll(bodies, writable.getWriter(), options) };
}

async function pumpAll(
  bodies: readonly ReadableStream<Uint8Array>[],
  writer: WritableStreamDefaultWriter<Uint8Array>,
  { head, kind, signal, onStop }: MergeOptions,
): Promise<void> {
  const merged = new MergedChoices(head, bodies.length, kind);
  const readers = bodies.map((body) => body.getReader());
  let hasLeft = false;
  const stop = (): void => {
    if (hasLeft) return;
    hasLeft = true;
    onStop();
    for (const reader of readers) void reader.cancel().catch(() => undefined);
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  // Of a caller who leaves in silence nothing is written that would fail.
  writer.closed.catch(() => stop());
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (bytes.length > 0) await writer.write(bytes);
    if (merged.isBroken) stop();
  };
  const pump = async (reader: ReadableStreamDefaultReader<Uint8Array>, index: number): Promise<void> => {
    try {
      while (!hasLeft) {
        const { done, value } = await reader.read();
        if (hasLeft) return;
        await write(done ? merged.end(index) : merged.take(index, value));
        if (done) return;
      }
    } catch {
      stop();
    }
  };
  await Promise.all(readers.map(pump));
  if (merged.isOver) await writer.close().catch(() => undefined);
  else await writer.abort().catch(() => undefined);
}

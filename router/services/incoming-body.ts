// The one reader of a request's bytes: piece by piece, so that what is too long is not taken in, and only so long, since a body that trickles
// holds its memory and its place for nothing. However small the pieces are that it comes in, whole ones are read: the platform's own reader makes
// 4 KiB and 20 µs of each, be it one byte, so that a megabyte of such would take 4 GB.
import { concatBytes } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  /** From now to its last byte. */
  readonly deadlineMs: number;
  /** Asked with all that has come so far, piece by piece; false where there is no room for it. */
  readonly holds?: (bytes: number) => boolean;
}

type Untaken = 'too-long' | 'too-slow' | 'no-room';

/** Most bodies are shorter than the first. */
const FIRST_PIECE_BYTES = 8 * 1024;
const PIECE_BYTES = 64 * 1024;

interface PieceReader {
  /** Workerd's: fills the view, or takes what is left of the stream. */
  readAtLeast?: (least: number, view: Uint8Array) => Promise<Piece>;
  /** Gives whatever is there, which is all that Node has. */
  read: (view: Uint8Array) => Promise<Piece>;
  cancel: () => Promise<void>;
}

interface Piece {
  readonly done: boolean;
  readonly value?: Uint8Array | undefined;
}

/** All bytes of a body. `no-room`: there is none for so many; `too-slow`: they were not all there in time. Rejects as the request does, when its caller leaves. */
export async function takeBytes(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, deadlineMs, holds = () => true }: BodyLimits,
): Promise<Result<Uint8Array<ArrayBuffer>, Untaken>> {
  if (!body) return ok(new Uint8Array());
  const reader = body.getReader({ mode: 'byob' }) as PieceReader;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const isLate = new Promise<null>((resolve) => void (timer = setTimeout(() => resolve(null), deadlineMs)));
  try {
    const taken = await takeAll(reader, isLate, { maxBytes, holds });
    if (!taken.ok && taken.error !== 'too-slow') await discard(reader);
    if (!taken.ok) void reader.cancel().catch(() => undefined);
    return taken;
  } finally {
    clearTimeout(timer);
  }
}

async function takeAll(
  reader: PieceReader,
  isLate: Promise<null>,
  { maxBytes, holds }: Required<Pick<BodyLimits, 'maxBytes' | 'holds'>>,
): Promise<Result<Uint8Array<ArrayBuffer>, Untaken>> {
  const pieces: Uint8Array[] = [];
  for (let bytes = 0; ;) {
    const length = Math.min(bytes === 0 ? FIRST_PIECE_BYTES : PIECE_BYTES, maxBytes + 1 - bytes);
    const view = new Uint8Array(length);
    const read = reader.readAtLeast ? reader.readAtLeast(length, view) : reader.read(view);
    const next = await Promise.race([read, isLate]);
    if (!next) {
      read.catch(() => undefined);
      return err('too-slow');
    }
    bytes += next.value?.length ?? 0;
    if (bytes > maxBytes) return err('too-long');
    if (!holds(bytes)) return err('no-room');
    if (next.value) pieces.push(next.value);
    // Less than was asked for is the rest: reading on only to hear of the end would enter the isolate once more.
    if (next.done || (reader.readAtLeast && (next.value?.length ?? 0) < length)) return ok(concatBytes(pieces));
  }
}

/** How much more of a refused body is taken in at most, and thrown away: past that its sender is cut off. */
const DISCARD = { bytes: 32 * 1024 * 1024, deadlineMs: 10_000, quietMs: 300 } as const;

/**
 * Takes in what is still sent of a body that is refused, and keeps none of it: a sender who is in the middle of it when the line is closed hears of a
 * broken line instead of the refusal. Over when nothing comes for a moment, since some wait to be asked for the body. Never rejects.
 */
export async function discardBytes(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number = DISCARD.bytes,
): Promise<void> {
  const reader = body?.getReader({ mode: 'byob' }) as PieceReader | undefined;
  if (!reader) return;
  await discard(reader, maxBytes);
  void reader.cancel().catch(() => undefined);
}

async function discard(reader: PieceReader, maxBytes: number = DISCARD.bytes): Promise<void> {
  const untilAt = Date.now() + DISCARD.deadlineMs;
  let view = new Uint8Array(PIECE_BYTES);
  try {
    for (let bytes = 0; bytes < maxBytes && Date.now() < untilAt;) {
      const read = reader.read(view);
      const next = await orQuiet(read, DISCARD.quietMs);
      if (!next) read.catch(() => undefined);
      if (!next?.value || next.done) return;
      bytes += next.value.length;
      view = new Uint8Array(next.value.buffer as ArrayBuffer);
    }
  } catch {
    // The sender has left.
  }
}

async function orQuiet(read: Promise<Piece>, ms: number): Promise<Piece | null> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const quiet = new Promise<null>((resolve) => void (timer = setTimeout(() => resolve(null), ms)));
  try {
    return await Promise.race([read, quiet]);
  } finally {
    clearTimeout(timer);
  }
}

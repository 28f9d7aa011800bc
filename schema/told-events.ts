// The body of a part whose home tells the ids of its tokens and that another home could go on with: before each piece of what the caller reads stand the
// ids of its tokens, which the edge keeps and takes out. So a hub that dies takes none of them with it, and no caller sees them.
// Piece: u32 length of its bytes, u32 tokens, u32 count of ids (0 where they are not known), the ids (u32 each), the bytes. Big-endian.
import { concatBytes } from './bytes.ts';

const HEADER_BYTES = 12;
/** More than any hub writes at once. */
const MAX_PIECE_BYTES = 8 * 1024 * 1024;

export interface ToldPiece {
  /** What the caller reads. */
  readonly bytes: Uint8Array;
  readonly tokens: number;
  /** Null where they are not known. */
  readonly tokenIds: readonly number[] | null;
}

export function encodeTold({ bytes, tokens, tokenIds }: ToldPiece): Uint8Array {
  const ids = tokenIds ?? [];
  const piece = new Uint8Array(HEADER_BYTES + 4 * ids.length + bytes.length);
  const view = new DataView(piece.buffer);
  view.setUint32(0, bytes.length);
  view.setUint32(4, tokens);
  view.setUint32(8, ids.length);
  ids.forEach((id, i) => view.setUint32(HEADER_BYTES + 4 * i, id));
  piece.set(bytes, HEADER_BYTES + 4 * ids.length);
  return piece;
}

/** Takes body chunks as they come, however they are split, and gives back the pieces that are complete. */
export class ToldReader {
  #rest: Uint8Array | null = null;

  /** Throws RangeError where the stream is none of these (a bug, never a caller's doing). */
  push(chunk: Uint8Array): ToldPiece[] {
    const bytes = this.#rest ? concatBytes([this.#rest, chunk]) : chunk;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const pieces: ToldPiece[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const [length, tokens, count] = [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8)];
      const from = at + HEADER_BYTES + 4 * count;
      if (from - at + length > MAX_PIECE_BYTES) throw new RangeError('a piece is longer than any hub writes');
      if (bytes.length < from + length) break;
      const ids = Array.from({ length: count }, (_, i) => view.getUint32(at + HEADER_BYTES + 4 * i));
      pieces.push({ bytes: bytes.subarray(from, from + length), tokens, tokenIds: count === tokens ? ids : null });
      at = from + length;
    }
    this.#rest = at === bytes.length ? null : bytes.slice(at);
    return pieces;
  }
}

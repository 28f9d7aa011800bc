// Long jobs of a hub, put together again for a home of the tests.
import { concatBytes } from '../../schema/bytes.ts';
import { FRAME } from '../../schema/frames.ts';
import type { Frame } from '../../schema/frames.ts';

export class JoinedPieces {
  readonly #pieces = new Map<number, Uint8Array[]>();

  /** The frames without pieces: a `job` has all of its payload. */
  take(frames: readonly Frame[]): Frame[] {
    return frames.flatMap((frame) => this.#take(frame) ?? []);
  }

  #take(frame: Frame): Frame | null {
    const { type, job, payload } = frame;
    if (type !== FRAME.piece && type !== FRAME.job) return frame;
    const pieces = [...(this.#pieces.get(job) ?? []), payload.slice()];
    if (type === FRAME.piece) this.#pieces.set(job, pieces);
    else this.#pieces.delete(job);
    return type === FRAME.piece ? null : { ...frame, payload: concatBytes(pieces) };
  }
}

// Long jobs that come in pieces, put together again: bounded for each job and for all of a connection, whatever a hub sends.
import { MAX_JOB_BYTES, MAX_SLOTS } from '../../schema/frames.ts';
import { concatBytes } from '../../schema/bytes.ts';

export interface PieceLimits {
  readonly bytesOfJob: number;
  /** Of all jobs that have not come as a whole. */
  readonly bytes: number;
  /** Jobs that come in pieces at once. */
  readonly jobs: number;
  /** Pieces of a job: a hub sends few, and each takes memory beside its bytes. */
  readonly pieces: number;
}

const LIMITS: PieceLimits = { bytesOfJob: MAX_JOB_BYTES, bytes: 4 * MAX_JOB_BYTES, jobs: MAX_SLOTS, pieces: 4096 };

interface Gathered {
  readonly pieces: Uint8Array[];
  bytes: number;
  /** More came than is kept: none of it is, and the job is refused when its end comes. */
  isSpoiled: boolean;
}

export class JobPieces {
  readonly #limits: PieceLimits;
  readonly #jobs = new Map<number, Gathered>();
  #bytes = 0;

  constructor(limits: PieceLimits = LIMITS) {
    this.#limits = limits;
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A piece of a job; its bytes are copied. False for one of a job too many, which is not remembered. */
  add(job: number, piece: Uint8Array): boolean {
    const { bytes, bytesOfJob, jobs, pieces } = this.#limits;
    const known = this.#jobs.get(job);
    if (!known && this.#jobs.size >= jobs) return false;
    const gathered = known ?? { pieces: [], bytes: 0, isSpoiled: false };
    this.#jobs.set(job, gathered);
    if (gathered.isSpoiled) return true;
    const isTooMuch =
      gathered.bytes + piece.length > bytesOfJob ||
      this.#bytes + piece.length > bytes ||
      gathered.pieces.length >= pieces;
    if (isTooMuch) this.#spoil(gathered);
    else {
      // Not slice(), which of Node's buffers copies nothing.
      gathered.pieces.push(new Uint8Array(piece));
      gathered.bytes += piece.length;
      this.#bytes += piece.length;
    }
    return true;
  }

  /** The whole of a job, of which this is the end; null where it was too long to be kept. */
  finish(job: number, end: Uint8Array): Uint8Array | null {
    const gathered = this.#jobs.get(job);
    if (!gathered) return end;
    const { pieces, isSpoiled } = gathered;
    const isTooLong = gathered.bytes + end.length > this.#limits.bytesOfJob;
    const whole = isSpoiled || isTooLong ? null : concatBytes([...pieces, end]);
    this.drop(job);
    return whole;
  }

  /** The job has been taken back. */
  drop(job: number): void {
    const gathered = this.#jobs.get(job);
    if (gathered) this.#spoil(gathered);
    this.#jobs.delete(job);
  }

  #spoil(gathered: Gathered): void {
    this.#bytes -= gathered.bytes;
    gathered.bytes = 0;
    gathered.pieces.length = 0;
    gathered.isSpoiled = true;
  }
}

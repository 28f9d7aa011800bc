// The way of jobs to one home. What is long leaves in pieces, jobs in turns, and no more of it at once than a home reads in a moment: words to the
// same home that come meanwhile (another job, credit, a cancel) wait behind that much and no more, and so little stands in the socket's memory.
import { encodeFrame, JOB_PIECE_BYTES } from '../../schema/frames.ts';

/** Bytes that a home has not shown to have read: beyond these no further piece leaves. Some 80 ms of a home that reads 50 Mbit/s. */
export const PIECES_AHEAD_BYTES = 512 * 1024;

export interface JobSenderDoors {
  readonly send: (frame: Uint8Array) => void;
  /** Bytes sent to this home, of any kind, that it has not shown to have read. */
  readonly unread: () => number;
  /** What can leave now has left. */
  readonly onLeft: () => void;
  /** Some of a job that was not sent at once has left. */
  readonly onPiece: (job: number) => void;
}

interface Sending {
  readonly job: number;
  readonly payload: Uint8Array;
  readonly onSent: () => void;
  at: number;
}

export class JobSender {
  readonly #doors: JobSenderDoors;
  readonly #line: Sending[] = [];

  constructor(doors: JobSenderDoors) {
    this.#doors = doors;
  }

  /** True while the job has not left as a whole. */
  isSending(job: number): boolean {
    return this.#line.some((one) => one.job === job);
  }

  /** Sends a `job` frame's payload: at once where it is short. `onSent`: its last byte has left. */
  send(job: number, payload: Uint8Array, onSent: () => void): void {
    this.#line.push({ job, payload, onSent, at: 0 });
    if (payload.length > JOB_PIECE_BYTES) return this.pump();
    this.#finish(this.#line.length - 1);
    this.#doors.onLeft();
  }

  /** The job has ended before it had left: the rest of it stays here. */
  drop(job: number): void {
    const index = this.#line.findIndex((one) => one.job === job);
    if (index >= 0) this.#line.splice(index, 1);
  }

  /** The home has read some. */
  pump(): void {
    while (this.#line.length > 0 && this.#doors.unread() < PIECES_AHEAD_BYTES) this.#sendNext();
    this.#doors.onLeft();
  }

  #sendNext(): void {
    const [next] = this.#line;
    if (!next) return;
    const { job, payload } = next;
    if (payload.length - next.at <= JOB_PIECE_BYTES) return this.#finish(0);
    const piece = payload.subarray(next.at, next.at + JOB_PIECE_BYTES);
    next.at += piece.length;
    this.#doors.send(encodeFrame('piece', { job, payload: piece }));
    // The next one's turn.
    this.#line.push(...this.#line.splice(0, 1));
    this.#doors.onPiece(job);
  }

  #finish(index: number): void {
    for (const { job, payload, at, onSent } of this.#line.splice(index, 1)) {
      this.#doors.send(encodeFrame('job', { job, payload: payload.subarray(at) }));
      onSent();
    }
  }
}

// Tells the hub of a part whose engine is at work while nothing of it is sent: about once a second, and never while tokens flow.
import { encodeFrame, FLAG_MOVES } from '../../schema/frames.ts';
import type { FrameWriter } from './frame-writer.ts';

/** A little less than the second between two signs of life of an engine, so that none is left out for being early. */
const QUIET_MS = 800;

interface AliveDoors {
  /** The job's number on its socket. */
  readonly job: number;
  readonly writer: Pick<FrameWriter, 'push'>;
  /** When the last of the answer left, by `performance.now()`. */
  readonly lastSentAt: () => number;
}

export class AliveTeller {
  readonly #doors: AliveDoors;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** Since it was told last. */
  #moves = false;

  constructor(doors: AliveDoors) {
    this.#doors = doors;
  }

  /** The engine gave a sign of life. `moves`: it has sent something. */
  note(moves = false): void {
    this.#moves ||= moves;
    const { job, writer, lastSentAt } = this.#doors;
    const now = performance.now();
    if (now - Math.max(this.#toldAt, lastSentAt()) < QUIET_MS) return;
    this.#toldAt = now;
    writer.push(encodeFrame('alive', { job, flags: this.#moves ? FLAG_MOVES : 0 }));
    this.#moves = false;
  }
}

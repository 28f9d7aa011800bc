// What every object of money can do beside its own work: stand still, and be copied whole to another deployment.
import { DurableObject } from 'cloudflare:workers';
import type { CopyPiece } from './build-copy.ts';
import { ObjectCopy } from './object-copy.ts';
import type { CopyPage, CopyPlace } from './object-copy.ts';
import { ObjectPause } from './object-pause.ts';
import type { Pause } from './object-pause.ts';

/** What has to end before an object stands still. */
export interface StillOpen {
  /** Jobs that run, or whose parts wait for their job's end. */
  readonly jobs: number;
  /** Entries on their way to the book, without those that wait for fees. */
  readonly entries: number;
}

/** An object whose books were put in looks so much later what it has to do. */
const WAKE_MS = 1000;

export abstract class KeptObject extends DurableObject<object> {
  protected readonly pause: ObjectPause;
  readonly #copy: ObjectCopy;

  constructor(ctx: DurableObjectState, env: object) {
    super(ctx, env);
    this.pause = new ObjectPause(ctx.storage.sql);
    this.#copy = new ObjectCopy(ctx.storage);
  }

  /** What is still on its way; it is hurried. */
  protected abstract stillOpen(): StillOpen;

  /** From now on it stands still, or goes on for null; gives what has to end before it is still. */
  setPause(pause: Pause | null): StillOpen {
    this.pause.set(pause);
    return this.stillOpen();
  }

  /** A page of all that it keeps; null for the first. Throws while it may change: two pages would be of two moments. */
  copyOut(from: CopyPlace | null): CopyPage {
    if (this.pause.level(Date.now()) !== 'closed') throw new Error('only what stands still can be copied');
    return this.#copy.read(from);
  }

  /** Puts a page in the place of what is here. */
  copyIn(pieces: readonly CopyPiece[]): void {
    this.#copy.write(pieces);
  }

  /** All is in: this life ends, and the next one begins with it. The call itself rejects. */
  async endCopy(): Promise<void> {
    // Alarms do not travel: what waits in the copy for its time, or to be handed over, is looked for by the next life.
    await this.ctx.storage.setAlarm(Date.now() + WAKE_MS);
    await this.ctx.storage.sync();
    this.ctx.abort('its books were put in');
  }
}

// Looks now and then whether a root that waits on the chain leaves this home out, where its owner named a key that pays for a challenge. Each look is a command
// of its own process: what it takes to speak to a chain is in memory for a second an hour, and no line of it in the agent.
import * as z from 'zod';
import type { Result } from '../../schema/result.ts';
import type { Log } from '../log.ts';

const LEAST_WAIT_MS = 1000;

/** As `irori-node challenge --json` answers. */
const lookedSchema = z.object({
  do: z.enum(['nothing', 'challenge', 'wait', 'enforce']),
  why: z.string().max(40).nullable(),
  epoch: z.number().nullable(),
  sentence: z.string().max(2000),
  transaction: z.string().max(100).nullable(),
  again_in_s: z.number().min(0),
});
type Looked = z.output<typeof lookedSchema>;

export interface WatchDoors {
  /** One look, and what is due by it. The error is a sentence. */
  readonly look: () => Promise<Result<unknown, string>>;
  readonly log: Log;
  readonly random: () => number;
  /** How soon it is looked again where a look failed, and at the latest after any, ms. */
  readonly retryMs: number;
  readonly mostMs: number;
}

export class ChallengeWatch {
  readonly #doors: WatchDoors;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #failing = '';

  constructor(doors: WatchDoors) {
    this.#doors = doors;
  }

  start(): void {
    this.#later(this.#doors.random() * this.#doors.retryMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Looks once; gives how long to wait until the next time, ms. Never rejects. */
  async look(): Promise<number> {
    const { look, log, retryMs, mostMs } = this.#doors;
    const answer = await look();
    const looked = answer.ok ? lookedSchema.safeParse(answer.value) : null;
    if (!looked?.success) {
      const reason = answer.ok ? 'the command did not answer as it should' : answer.error;
      if (reason !== this.#failing)
        log.warn('the roots on the chain could not be looked at, or one not challenged', { reason });
      this.#failing = reason;
      return retryMs;
    }
    this.#failing = '';
    this.#tell(looked.data);
    return Math.max(LEAST_WAIT_MS, Math.min(mostMs, looked.data.again_in_s * 1000));
  }

  #tell({ why, epoch, sentence, transaction }: Looked): void {
    const { log } = this.#doors;
    if (transaction !== null || why === 'late')
      log.error('the router left this home out of an epoch', {
        epoch,
        reason: sentence,
        ...(transaction !== null && { transaction }),
      });
  }

  async #round(): Promise<void> {
    const waitMs = await this.look();
    this.#later(waitMs);
  }

  #later(waitMs: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#round(), waitMs).unref();
  }
}

// Sends what waits to other objects, from its object's alarm only: so one life of the object never sends the same twice at a time.
import type { LogFacts } from '../log.ts';
import { makeLog } from '../log.ts';
import type { SendTransfer, Transfer, TransferAnswer, Transfers } from './transfers.ts';

const log = makeLog('billing');

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

export class TransferPost {
  readonly #transfers: Transfers;
  readonly #send: SendTransfer;
  readonly #noteAnswer: (transfer: Transfer, answer: TransferAnswer) => void;
  readonly #owner: Pick<LogFacts, 'accountId' | 'nodeId'>;
  #isRunning = false;
  #failures = 0;
  #retryAt = 0;

  constructor(doors: {
    readonly transfers: Transfers;
    readonly send: SendTransfer;
    readonly noteAnswer: (transfer: Transfer, answer: TransferAnswer) => void;
    /** Whose they are, for the operator's log. */
    readonly owner: Pick<LogFacts, 'accountId' | 'nodeId'>;
  }) {
    this.#transfers = doors.transfers;
    this.#send = doors.send;
    this.#noteAnswer = doors.noteAnswer;
    this.#owner = doors.owner;
  }

  /** When it is to run next, ms since epoch; null while nothing waits, or while it runs. */
  nextAt(now: number): number | null {
    return this.#transfers.mayWait && !this.#isRunning ? Math.max(now, this.#retryAt) : null;
  }

  /** Sends what waits. Rejects nothing: what was not taken is sent again. */
  async run(): Promise<void> {
    if (this.#isRunning || Date.now() < this.#retryAt) return;
    this.#isRunning = true;
    try {
      const failed: unknown[] = [];
      for (const transfer of this.#transfers.list()) await this.#sendOne(transfer).catch((error) => failed.push(error));
      this.#noteRun(failed);
    } finally {
      this.#isRunning = false;
    }
  }

  async #sendOne(transfer: Transfer): Promise<void> {
    this.#noteAnswer(transfer, await this.#send(transfer));
  }

  /** What was not taken is sent again later: it held up none of the others. */
  #noteRun(failed: readonly unknown[]): void {
    if (failed.length === 0) {
      this.#failures = 0;
      return;
    }
    const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#retryAt = Date.now() + waitMs;
    log.warn('account-away', { ...this.#owner, count: this.#failures, waitMs, error: failed[0] });
  }
}

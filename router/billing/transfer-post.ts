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
      for (const transfer of this.#transfers.list()) this.#noteAnswer(transfer, await this.#send(transfer));
      this.#failures = 0;
    } catch (error) {
      const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
      this.#retryAt = Date.now() + waitMs;
      log.warn('account-away', { ...this.#owner, count: this.#failures, waitMs, error });
    } finally {
      this.#isRunning = false;
    }
  }
}

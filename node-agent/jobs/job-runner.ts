// Takes the jobs of one connection: accepts or refuses each at once, and leads its later frames to it. A node never queues.
import type { Hex } from '../../schema/bytes.ts';
import type { PowerFacts, Refusal } from '../../schema/frames-to-hub.ts';
import type { JobFrame } from '../../schema/frames-to-node.ts';
import { encodeJsonFrame } from '../../schema/frames.ts';
import { findReach } from '../../schema/find-reach.ts';
import { wordToJobId } from '../../schema/ids.ts';
import { JOB_TICKET } from '../../schema/receipt.ts';
import type { KnownPairs } from '../../schema/merkle.ts';
import { isUnderSeal, SEAL_KIND } from '../../schema/seal.ts';
import type { SealFrame } from '../../schema/seal.ts';
import { err } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Backend } from '../backends/backend.ts';
import type { ModelShelf } from '../home/model-shelf.ts';
import type { PauseBoard } from '../home/pause-board.ts';
import type { Totals } from './totals.ts';
import type { Log } from '../log.ts';
import { UNMETERED } from '../energy/job-share.ts';
import type { ShareFacts, WorkShare } from '../energy/job-share.ts';
import type { ReceiptBook } from '../receipts/receipt-book.ts';
import { BUSY_JOBS } from '../receipts/receipt-sealer.ts';
import { checkTicket } from './check-ticket.ts';
import { chooseStreamRule, WHOLE_ANSWER_RULE } from './coalesce.ts';
import type { SignatureQueue } from '../receipts/signature-queue.ts';
import type { FlushClock } from './flush-clock.ts';
import { Job } from './job.ts';
import type { HubTie } from './job.ts';
import type { JobOutcome, JobProgress } from './job-outcome.ts';
import type { Slots } from '../home/slots.ts';
import type { UnsealedJobs } from './unsealed-jobs.ts';

/** What all connections of this agent share. */
export interface AgentShared {
  /** This node's address. */
  readonly node: Hex;
  readonly shelf: ModelShelf;
  readonly slots: Slots<Backend>;
  readonly pause: PauseBoard;
  readonly book: ReceiptBook;
  readonly signatures: SignatureQueue;
  readonly unsealed: UnsealedJobs;
  readonly clock: FlushClock;
  readonly totals: Totals;
  readonly log: Log;
  /** How long tokens of a stream may wait to share a frame; 0 sends each at once. */
  readonly windowMs: number;
  /** Called when the number of unacknowledged receipts may have changed. */
  readonly onReceipts: () => void;
  /** Called when the hub hints that callers want a model which is not in memory here. */
  readonly onPrefetch: (model: string) => void;
  /** Called when a receipt was stored that no socket can carry now. */
  readonly onUnsentReceipt: () => void;
  /** Called when a receipt could not be stored: the disk is full, or gone. */
  readonly onLostReceipt: () => void;
  /** The machine's energy meter; absent where nobody meters. */
  readonly meter?: {
    readonly begin: (backend: Backend, facts: ShareFacts) => WorkShare;
    /** For the hub; null while nothing is known. */
    readonly facts: () => PowerFacts | null;
  };
}

const NOT_SERVED = {
  cold: 'That model is not in memory here, and jobs do not load it.',
  unfit: 'This home does not serve that model now.',
} as const;

export class JobRunner {
  readonly #shared: AgentShared;
  readonly #tie: HubTie;
  readonly #jobs = new Map<number, Job>();
  #idle: (() => void)[] = [];

  constructor(shared: AgentShared, tie: HubTie) {
    this.#shared = shared;
    this.#tie = tie;
  }

  /** Jobs of this connection that have not ended. */
  get size(): number {
    return this.#jobs.size;
  }

  /** What runs, for the owner. */
  listProgress(): JobProgress[] {
    return Array.from(this.#jobs.values(), (job) => job.progress);
  }

  /** Starts a job or answers why not, in the same turn. `isLeaving`: this connection takes nothing new. */
  start(number: number, frame: JobFrame, isLeaving: boolean): void {
    const { shelf, slots, book, unsealed, clock, log } = this.#shared;
    if (isLeaving) return this.#refuse(number, { code: 'paused', message: 'This connection is being left.' });
    const ticketHash = this.#tie.signer.hash(JOB_TICKET, frame.ticket);
    const fit = this.#judge(number, frame, ticketHash);
    if (!fit.ok) {
      const { code, message: reason } = fit.error;
      // Being paused is no fault of anyone's. A job that no home could take is.
      if (code !== 'paused') log.warn('a job was refused', { job: wordToJobId(frame.ticket.jobId), code, reason });
      return this.#refuse(number, fit.error);
    }
    const served = shelf.find(frame.request.model);
    if (!served.ok) return this.#refuse(number, { code: served.error, message: NOT_SERVED[served.error] });
    const { backend, resume, loadMs, promptTokensPerS } = served.value;
    const release = slots.take(backend);
    if (!release) return this.#refuse(number, { code: 'busy', message: 'Every slot is taken.' });
    const rule = frame.stream ? chooseStreamRule(this.#shared.windowMs) : WHOLE_ANSWER_RULE;
    const work = { promptTokens: frame.ticket.maxPromptTokens, promptTokensPerS };
    const energy = this.#shared.meter?.begin(backend, work) ?? UNMETERED;
    const onEnd = (outcome: JobOutcome): void => {
      energy.end();
      this.#end(number, outcome);
    };
    const doors = { number, frame, ticketHash, backend, resume, tie: this.#tie, rule, clock, book, log, energy };
    const leave = unsealed.begin(frame.ticket);
    const isBusy = (): boolean => this.#jobs.size >= BUSY_JOBS;
    // The job has brought its model into memory: the hub should know that the next one begins at once.
    const onFirstToken = (): void => void (loadMs > 0 && shelf.refresh());
    const job = new Job({ ...doors, leave, isBusy, onBackendDone: release, onFirstToken, onEnd });
    this.#jobs.set(number, job);
    book.begin(ticketHash);
    job.start();
  }

  /** A job of a kind that only later versions know: another home may take it. */
  refuseKind(number: number, kind: string): void {
    this.#refuse(number, { code: 'unfit', message: `This agent does not know jobs of kind '${kind.slice(0, 40)}'.` });
  }

  /**
   * The seal that tickets of jobs are under: checked once, in a later turn, while the backends prefill. Jobs that have ended meanwhile are late, not
   * wrong.
   */
  takeTickets({ seal, signature, jobs }: SealFrame): void {
    const { router, signer } = this.#tie;
    const isAnyone = jobs.some(({ job }) => this.#jobs.has(job));
    if (!isAnyone) return;
    void this.#shared.signatures.run(() => {
      const isSeal = seal.kind === SEAL_KIND.tickets && signer.isSealSignedBy(seal, signature, router);
      const known: KnownPairs = new Map();
      for (const { job: number, proof } of jobs) {
        const job = this.#jobs.get(number);
        const sealed = { seal, proof: [...proof] };
        job?.takeProof({ signature, sealed }, isSeal && isUnderSeal(job.ticketHash, sealed, known));
      }
    });
  }

  cancel(number: number, isUnknown: boolean): void {
    this.#jobs.get(number)?.cancel(isUnknown);
  }

  grant(number: number, bytes: number): void {
    this.#jobs.get(number)?.grant(bytes);
  }

  /** The socket has room again. */
  resume(): void {
    for (const job of this.#jobs.values()) job.grant(0);
  }

  /** Answer to `sync`: what runs on this socket. */
  listRunning(): { job: number; ticketHash: Hex }[] {
    return Array.from(this.#jobs, ([job, { ticketHash }]) => ({ job, ticketHash }));
  }

  /** The owner wants the machine: every job ends as preempted. */
  preemptAll(): void {
    for (const job of this.#jobs.values()) job.preempt();
  }

  /** Jobs that another home can continue end as preempted; the others run on. */
  preemptResumable(): void {
    for (const job of this.#jobs.values()) if (job.isResumable) job.preempt();
  }

  /** The socket is gone: every job stops, and what was sent is receipted for the next connection. */
  cutAll(): void {
    for (const job of this.#jobs.values()) job.cut();
  }

  /** Resolves when every job of this connection has ended. */
  async whenIdle(): Promise<void> {
    while (this.#jobs.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #judge(number: number, frame: JobFrame, ticketHash: Hex): Result<null, Refusal> {
    const { pause, book, node } = this.#shared;
    if (this.#jobs.has(number)) return refuse('bad-request', 'That job number is in use on this socket.');
    const reason = pause.reason;
    if (reason) return refuse('paused', `This home takes no work now: ${reason}.`);
    if (book.has(ticketHash, Number(frame.ticket.issuedAtMs)))
      return refuse('bad-ticket', 'That ticket was given before.');
    const reach = findReach(frame.request);
    if (reach)
      return err({ code: 'bad-request', message: `${reach.param} ${reach.told}`.slice(0, 200), param: reach.param });
    return checkTicket({ ticket: frame.ticket, request: frame.request, node, now: this.#tie.routerNow() });
  }

  #refuse(number: number, refusal: Refusal): void {
    this.#shared.totals.countRefusal();
    this.#tie.writer.push(encodeJsonFrame('refuse', refusal, number));
  }

  #end(number: number, outcome: JobOutcome): void {
    const job = this.#jobs.get(number);
    if (job) this.#shared.book.end(job.ticketHash);
    this.#jobs.delete(number);
    this.#shared.totals.countJob(outcome);
    this.#shared.onReceipts();
    if (outcome.isReceiptUnsent) this.#shared.onUnsentReceipt();
    if (outcome.isReceiptLost) this.#shared.onLostReceipt();
    if (this.#jobs.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function refuse(code: Refusal['code'], message: string): Result<null, Refusal> {
  return err({ code, message });
}

// One running part of a job: backend in, frames out, what it came to at the end, and its receipt. It ends exactly once, however it ends.
import { fromHex, type Hex } from '../../schema/bytes.ts';
import type { JobFrame } from '../../schema/frames-to-node.ts';
import type { Work } from '../../schema/frames-to-hub.ts';
import { encodeJsonFrame } from '../../schema/frames.ts';
import { wordToJobId } from '../../schema/ids.ts';
import { toMessageJson } from '../../schema/receipt.ts';
import type { Finish as FinishWord, MessageProof, MessageSigner } from '../../schema/receipt.ts';
import { UNSEALED } from '../../schema/seal.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { Backend, BackendError, Capabilities, Delta, Finish } from '../backends/backend.ts';
import { describeError, type Log } from '../log.ts';
import { AliveTeller } from './alive-teller.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { WorkShare } from '../energy/job-share.ts';
import type { ReceiptBook } from '../receipts/receipt-book.ts';
import { buildWork, estimatePromptTokens } from '../receipts/build-receipt.ts';
import type { ReceiptSocket } from '../receipts/seal-receipts.ts';
import { chooseFinishWord, isWhole, tellBeside, type StopCause } from './choose-finish-word.ts';
import type { CoalesceRule } from './coalesce.ts';
import { cutDelta } from './cut-delta.ts';
import { DataStream } from './data-stream.ts';
import type { FlushClock } from './flush-clock.ts';
import { HeldText } from './held-text.ts';
import type { JobOutcome, JobProgress } from './job-outcome.ts';
import type { JobWork } from './job-work.ts';
import type { SendLeave } from './unsealed-jobs.ts';
import { planWork } from './work-kinds.ts';

/** What a job needs from its connection: who is at the other end, and the way there. */
export interface HubTie {
  /** The router's address: tickets and acceptances must be signed by it. */
  readonly router: Hex;
  readonly domain: Domain;
  readonly signer: MessageSigner;
  readonly writer: FrameWriter;
  /** Where receipts of its jobs are told. */
  readonly socket: ReceiptSocket;
  /** The router's time, ms since epoch. */
  readonly routerNow: () => number;
}

interface JobDoors {
  readonly number: number;
  readonly frame: JobFrame;
  readonly ticketHash: Hex;
  readonly backend: Backend;
  /** How another home could go on with this model's answer. */
  readonly resume: Capabilities['resume'];
  readonly tie: HubTie;
  readonly rule: CoalesceRule;
  readonly clock: FlushClock;
  /** What may leave before the ticket's seal has been checked. */
  readonly leave: SendLeave;
  readonly book: ReceiptBook;
  readonly log: Log;
  readonly energy: WorkShare;
  /** True while so many jobs run that receipts wait for one another. */
  readonly isBusy: () => boolean;
  /** Called once, when the backend gave its first token. */
  readonly onFirstToken: () => void;
  /** Called when the backend has let go of the job: its slot is free. */
  readonly onBackendDone: () => void;
  /** Called when the last frame of the job has left or never will. */
  readonly onEnd: (outcome: JobOutcome) => void;
}

type TicketVerdict = 'good' | 'bad' | 'missing';

/** How long to wait for the ticket's seal, which the hub sends right after the job. */
const TICKET_WAIT_MS = 5_000;
/** How long to wait for a backend to stop. Then the hub gets its answer, and the slot stays taken until the backend lets go. */
const ABORT_WAIT_MS = 1_000;
/** The same when the owner wants the machine: shorter, since callers wait for another home from this moment on. */
const PREEMPT_WAIT_MS = 150;

export class Job {
  readonly ticketHash: Hex;
  readonly #doors: JobDoors;
  readonly #work: JobWork;
  readonly #stream: DataStream;
  /** Ends the answer before a stop string; and holds back unfinished ends where another home continues from the text alone. */
  readonly #held: HeldText | null;
  readonly #abort = new AbortController();
  readonly #startedAt = performance.now();
  readonly #verdict: Promise<TicketVerdict>;
  #decide: (verdict: TicketVerdict) => void = () => undefined;
  #ticketTimer: NodeJS.Timeout | undefined;
  /** The ticket's seal and this ticket's place under it, once they have been checked. */
  #ticketProof: MessageProof | null = null;
  /** The hub does not know the job any more: its receipt is offered late. */
  #isUnknown = false;
  #cause: StopCause | null = null;
  #endAbortWait: () => void = () => undefined;
  #emittedTokens = 0;
  #isReceiptUnsent = false;
  #isReceiptLost = false;
  #fault: { readonly reason: string; readonly isServers: boolean } | null = null;

  constructor(doors: JobDoors) {
    const { frame, tie, rule, clock, number, leave } = doors;
    this.#doors = doors;
    this.#work = planWork(frame.request, frame);
    this.ticketHash = doors.ticketHash;
    this.#stream = new DataStream({
      job: number,
      events: this.#work.writer,
      creditBytes: frame.creditBytes,
      salt: fromHex(frame.ticket.salt),
      rule,
      leave,
      writer: tie.writer,
      clock,
    });
    const isContinuedByText = doors.resume === 'text' && this.#work.isAllOrNothing !== true;
    this.#held = isContinuedByText || this.#work.stops.length > 0 ? this.#holdEnds(isContinuedByText) : null;
    this.#verdict = new Promise((resolve) => {
      this.#decide = resolve;
    });
  }

  /** Begins at once; returns at once. Never throws: what goes wrong becomes a fault. */
  start(): void {
    this.#ticketTimer = setTimeout(() => this.#reject('missing'), TICKET_WAIT_MS);
    this.#run().catch((error: unknown) => {
      this.#doors.log.error('a job failed inside the agent', { job: this.#jobId(), reason: describeError(error) });
      this.#sendFault('internal', 'The agent failed.', null);
      this.#finish('error', 0);
    });
  }

  /** The seal that the ticket is under, and whether it has been found to be the router's own and over this ticket. */
  takeProof(proof: MessageProof, isGood: boolean): void {
    if (this.#ticketProof) return;
    if (!isGood) return this.#reject('bad');
    clearTimeout(this.#ticketTimer);
    this.#ticketProof = proof;
    this.#doors.leave.prove();
    this.#decide('good');
    this.#stream.open();
  }

  grant(bytes: number): void {
    this.#stream.grant(bytes);
  }

  /** For the owner, without a word of what is in it. */
  get progress(): JobProgress {
    const { sentTokens: outputTokens, ttftMs } = this.#stream;
    const { model } = this.#doors.frame.request;
    return { job: this.#jobId(), model, outputTokens, ttftMs, ranMs: performance.now() - this.#startedAt };
  }

  /** True where another home can go on with the answer. */
  get isResumable(): boolean {
    return this.#doors.resume !== 'none';
  }

  /** The hub wants no more: the backend stops at once, and `end` tells what was sent. `isUnknown`: it has no memory of the job. */
  cancel(isUnknown = false): void {
    this.#isUnknown = isUnknown;
    this.#hurryProof();
    this.#stop('caller');
  }

  /** The owner wants the machine back. */
  preempt(): void {
    this.#cause ??= 'preempted';
    this.#hurryProof();
    // The next home need not make again what is ready.
    this.#stream.flush();
    this.#stop('preempted');
  }

  /** The socket is gone: nothing can be sent; what was sent gets its receipt for later. */
  cut(): void {
    if (!this.#ticketProof) this.#reject('missing');
    this.#stop('cut');
  }

  async #run(): Promise<void> {
    const { tie, number } = this.#doors;
    tie.writer.push(encodeJsonFrame('head', { promptTokens: null }, number));
    const finish = await this.#runBackend();
    if (isWhole(finish) || this.#cause === 'limit') await this.#held?.end();
    else this.#held?.drop();
    if (finish.reason !== 'error') await this.#stream.drain();
    const verdict = await this.#verdict;
    clearTimeout(this.#ticketTimer);
    if (verdict !== 'good') return this.#refuseLate(verdict);
    if (finish.reason === 'error') this.#stream.flush();
    await this.#conclude(finish);
  }

  async #runBackend(): Promise<Finish> {
    const { backend, onBackendDone, number, tie } = this.#doors;
    const alive = new AliveTeller({ job: number, writer: tie.writer, lastSentAt: () => this.#stream.lastSentAt });
    const run = backend
      .run(
        this.#work.job,
        (delta) => this.#takeOrTell(delta),
        this.#abort.signal,
        (moves) => alive.note(moves),
      )
      .catch((error: unknown) => this.#brokenFinish(error))
      .finally(onBackendDone);
    const abandoned = new Promise<Finish>((resolve) => {
      this.#endAbortWait = () => resolve(CANCELLED);
    });
    return Promise.race([run, abandoned]);
  }

  /** A backend must not reject. The hub hears nothing of why. */
  #brokenFinish(error: unknown): Finish {
    this.#doors.log.error('a backend broke its promise never to reject', {
      job: this.#jobId(),
      reason: describeError(error),
    });
    return { ...CANCELLED, reason: 'error', error: { code: 'internal', message: 'The backend failed.' } };
  }

  /** A backend catches what its sink throws and has no log, so the line is written here. */
  #takeOrTell(delta: Delta): void | Promise<void> {
    try {
      return this.#take(delta);
    } catch (error) {
      this.#doors.log.error('an answer could not be handed on', { job: this.#jobId(), reason: describeError(error) });
      throw error;
    }
  }

  #take(delta: Delta): void | Promise<void> {
    if (this.#emittedTokens === 0) this.#doors.onFirstToken();
    const leftTokens = this.#doors.frame.request.maxTokens - this.#emittedTokens;
    this.#emittedTokens += delta.tokens;
    this.#doors.energy.noteTokens(delta.tokens);
    if (delta.tokens <= leftTokens) return this.#pass(delta);
    // Nobody pays for tokens past the ticket's maximum, so a backend that forgets it is stopped; what lies within it is the caller's.
    const within = cutDelta(delta, leftTokens);
    if (within !== null) void this.#pass(within);
    this.#stop('limit');
  }

  #pass(delta: Delta): void | Promise<void> {
    return this.#held ? this.#held.push(delta) : this.#stream.push(delta);
  }

  /** Servers end at stop strings themselves, but not all of them do, nor at all strings. */
  #holdEnds(isContinuedByText: boolean): HeldText {
    const { rule, clock } = this.#doors;
    return new HeldText({
      stops: this.#work.stops,
      windowMs: isContinuedByText ? rule.windowMs : 0,
      clock,
      push: (delta) => this.#stream.push(delta),
      flush: () => this.#stream.flush(),
      onStop: () => this.#stop('stop-string'),
    });
  }

  /** The job is to end. A seal that has not come is waited for where something was sent, since that is paid only with it; not for long. */
  #hurryProof(): void {
    if (this.#ticketProof) return;
    if (this.#stream.sentBytes === 0) return this.#reject('missing');
    clearTimeout(this.#ticketTimer);
    this.#ticketTimer = setTimeout(() => this.#reject('missing'), UNSEALED.ageMs);
  }

  #reject(verdict: 'bad' | 'missing'): void {
    clearTimeout(this.#ticketTimer);
    this.#decide(verdict);
    this.#doors.leave.forfeit();
    this.#stream.stop();
    this.#abortBackend();
  }

  #stop(cause: StopCause): void {
    this.#cause ??= cause;
    if (cause !== 'limit' && cause !== 'stop-string') {
      this.#held?.drop();
      this.#stream.stop();
    }
    this.#abortBackend();
  }

  #abortBackend(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    const waitMs = this.#cause === 'preempted' ? PREEMPT_WAIT_MS : ABORT_WAIT_MS;
    setTimeout(() => this.#endAbortWait(), waitMs).unref();
  }

  #refuseLate(verdict: 'bad' | 'missing'): void {
    const { log } = this.#doors;
    if (this.#cause === 'preempted' && this.#stream.sentBytes === 0)
      this.#send('refuse', { code: 'paused', message: 'The owner took the machine back.' });
    else if (this.#cause === 'caller') this.#sendFault('cancelled', 'Cancelled before the ticket came.', null);
    else if (verdict === 'bad') this.#sendFault('bad-ticket', "The ticket is under no seal of the router's.", null);
    else this.#sendFault('bad-ticket', "The seal of the job's ticket did not come.", null);
    if (verdict === 'bad') log.warn('a job came with a ticket that the router did not seal', { job: this.#jobId() });
    else if (this.#cause === null) log.warn("the seal of a job's ticket did not come", { job: this.#jobId() });
    this.#finish('bad-ticket', 0);
  }

  async #conclude(finish: Finish): Promise<void> {
    const { frame } = this.#doors;
    const word = chooseFinishWord(finish, this.#cause, this.#stream.hasDropped);
    const promptTokens = finish.promptTokens ?? estimatePromptTokens(this.#work.promptTexts, frame.resume?.text ?? '');
    const hasSent = this.#stream.sentBytes > 0;
    const isReceipted = hasSent || (word !== 'error' && this.#cause !== 'cut');
    const work = isReceipted ? this.#measure(word, promptTokens) : null;
    if (word === 'error') this.#tellFault(finish.error ?? LINK_LOST, work);
    else if (work) this.#send('end', { work: toMessageJson(work), ...tellBeside(word, finish) });
    if (work) await this.#issue(work);
    this.#finish(word, promptTokens);
  }

  #measure(word: FinishWord, promptTokens: number): Work {
    const durationMs = performance.now() - this.#startedAt;
    return buildWork(this.#doors.frame.ticket, {
      promptTokens,
      outputTokens: this.#stream.sentTokens,
      finish: word,
      ttftMs: this.#stream.ttftMs ?? durationMs,
      durationMs,
      responseHash: this.#stream.finishHash(),
      energy: this.#doors.energy.claim(promptTokens),
    });
  }

  /** The receipt follows what the hub has been told: its place in the chain and its seal. */
  async #issue(work: Work): Promise<void> {
    const { tie, frame, ticketHash, book, log, number, isBusy } = this.#doors;
    const { router, domain, signer, socket } = tie;
    const ticketProof = this.#ticketProof;
    if (!ticketProof) return;
    const via = this.#cause === 'cut' || this.#isUnknown ? null : { socket, job: number };
    const draft = { router, domain, signer, ticket: frame.ticket, ticketHash, ticketProof, work, via };
    try {
      const { isSent } = await book.issue(draft, isBusy());
      this.#isReceiptUnsent = !isSent;
    } catch (error) {
      this.#isReceiptLost = true;
      log.error('a receipt could not be stored: is the disk full?', {
        job: this.#jobId(),
        reason: describeError(error),
      });
    }
  }

  /** Of a refused request the message is the server's, cleaned: it may go to the caller, whose words it is about, and stays out of the log. */
  #tellFault(error: Fault, work: Work | null): void {
    const { code, message } = error;
    const reason = code === 'bad-request' ? 'the request was refused' : message;
    this.#doors.log.warn('a job failed', { job: this.#jobId(), code, reason });
    this.#fault = { reason, isServers: SERVERS_FAULTS.has(code) };
    this.#sendFault(code, message, work, error);
  }

  #sendFault(code: string, message: string, work: Work | null, numbers: FaultNumbers = {}): void {
    const { promptTokens, contextTokens, retryMs } = numbers;
    const words = { code: code.slice(0, 40), message: message.slice(0, 200) };
    this.#send('fault', { ...words, promptTokens, contextTokens, retryMs, work: work && toMessageJson(work) });
  }

  #send(name: 'end' | 'fault' | 'refuse', value: object): void {
    const { tie, number } = this.#doors;
    tie.writer.push(encodeJsonFrame(name, value, number));
  }

  #finish(finish: JobOutcome['finish'], promptTokens: number): void {
    clearTimeout(this.#ticketTimer);
    this.#doors.leave.forfeit();
    this.#stream.stop();
    const outputTokens = this.#stream.sentTokens;
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const { model } = this.#doors.frame.request;
    const { reason, isServers = false } = this.#fault ?? {};
    this.#doors.log.info('job', { job: this.#jobId(), model, finish, reason, outputTokens, durationMs });
    const [isReceiptUnsent, isReceiptLost] = [this.#isReceiptUnsent, this.#isReceiptLost];
    const failure = isServers ? (reason ?? null) : null;
    this.#doors.onEnd({ finish, promptTokens, outputTokens, isReceiptUnsent, isReceiptLost, failure });
  }

  #jobId(): string {
    return wordToJobId(this.#doors.frame.ticket.jobId);
  }
}

/** What a backend reports, or the link's loss. */
type Fault = FaultNumbers & Pick<BackendError, 'message'> & { readonly code: string };
type FaultNumbers = Pick<BackendError, 'promptTokens' | 'contextTokens' | 'retryMs'>;

const SERVERS_FAULTS: ReadonlySet<string> = new Set(['unreachable', 'internal', 'no-model']);
const LINK_LOST: Fault = { code: 'lost', message: 'The link was lost.' };
const CANCELLED: Finish = { reason: 'cancelled', promptTokens: null, outputTokens: 0 };

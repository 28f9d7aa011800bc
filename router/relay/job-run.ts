// One job as its edge sees it: a home that takes it, then what it says; one that breaks off is replaced by another, so that the caller sees one stream.
import type { ResumeClass } from '../../schema/settlement.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { EndRecord, FailRecord, HeadRecord } from '../../schema/records.ts';
import { makeLog } from '../log.ts';
import type { HubAsk } from '../placement/home-search.ts';
import { worseOf } from '../placement/worse-class.ts';
import { AnswerSoFar } from './answer-so-far.ts';
import { CallerWait } from './caller-wait.ts';
import { DeliveredParts } from './delivered-parts.ts';
import { HubAsks } from './hub-asks.ts';
import type { TakenPart } from './hub-asks.ts';
import { makeOffer } from './make-offer.ts';
import { mayReturn } from './may-return.ts';
import type { JobBase, JobClosing, JobDoors, JobEnd, JobEvent, JobFailure } from './job-doors.ts';
import { Objections } from './objections.ts';
import type { Objection } from './objections.ts';
import { PartRun } from './part-run.ts';
import type { BrokenPart, PartOutcome } from './part-run.ts';
import { tellBreak, tellRefusal } from './tell-fault.ts';
import { nameInput, tellTooLong } from './tell-input.ts';
import { LEFT, tellSlow } from './tell-slow.ts';
import { tellSearchEnd } from './tell-search-end.ts';

const log = makeLog('relay');

/** Owners whose homes may begin or go on with one answer, at most. */
export const MAX_ATTEMPTS = 3;
/** Homes of one owner are one of them; so many may take it up in all. */
const MOST_TAKEN = 8;

/** Where a job stands: a home is looked for, one answers, or there is nothing more to come. */
type JobStage =
  | { readonly kind: 'searching' }
  | { readonly kind: 'relaying'; readonly part: PartRun; isGiven: boolean }
  | { readonly kind: 'over'; readonly closing: JobClosing | null };
type Relaying = Extract<JobStage, { kind: 'relaying' }>;

export class JobRun {
  readonly #base: JobBase;
  readonly #least: ResumeClass | null;
  readonly #doors: JobDoors;
  readonly #asks: HubAsks;
  readonly #startedAt = Date.now();
  readonly #answer: AnswerSoFar;
  readonly #wait: CallerWait;
  readonly #delivered = new DeliveredParts();
  #stage: JobStage = { kind: 'searching' };
  #head: HeadRecord | null = null;
  #firstDigest: string | null = null;
  #resumed: ResumeClass | null = null;
  #attempts = 0;
  #ttftMs: number | null = null;
  /** From the call to the last ask, ms. */
  #askedMs = 0;
  /** Why the answer broke off that the caller has read some of. */
  #brokenBy: string | null = null;
  readonly #objections: Objections;
  /** Owners of the homes that took it up; a home of which nobody told the owner stands for itself. */
  readonly #takers = new Set<string>();
  #isContradicted = false;

  /** `least`: the least faithful way of going on that the caller takes; null for none. */
  constructor(base: JobBase, least: ResumeClass | null, doors: JobDoors) {
    this.#base = base;
    this.#objections = new Objections(base.accountId);
    this.#wait = new CallerWait({ leastMs: base.maxSilenceMs, mostMs: base.mostFirstTokenMs }, this.#startedAt);
    this.#answer = new AnswerSoFar();
    this.#least = least;
    this.#doors = doors;
    this.#asks = new HubAsks(doors, base.wish.maxWaitMs);
  }

  /** Whose job it is, for the operator's log. */
  get about(): { readonly requestId: string | undefined; readonly jobId: string } {
    const { requestId, jobId } = this.#base;
    return { requestId, jobId };
  }

  /** Where it stands: a home is looked for, one answers, or there is nothing more to come. */
  get stage(): JobStage['kind'] {
    return this.#stage.kind;
  }

  /** Homes that took the job so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The part that runs or ran last. */
  get part(): number {
    return Math.max(0, this.#asks.tickets - 1);
  }

  get head(): HeadRecord | null {
    return this.#head;
  }

  /** The least faithful way in which the answer went on so far; null where one home gave all of it. */
  get resumed(): ResumeClass | null {
    return this.#resumed;
  }

  /** What the caller's account is to be told; null where the last home's hub settles the job. */
  get closing(): JobClosing | null {
    if (this.#stage.kind === 'over') return this.#stage.closing;
    // Between two homes only a caller who leaves ends a job: it pays for what it was given.
    return this.#stage.kind === 'relaying' ? null : this.#close(true);
  }

  /** The caller left: whatever runs is cancelled, and nothing new begins. */
  abort(): void {
    if (this.#stage.kind === 'over' || this.#hasLeft) return;
    if (this.#stage.kind === 'relaying') this.#stage.part.stop();
    this.#asks.leave();
  }

  /** What happens next. After `end`, `unsaid` or `failed` it must not be called again. */
  async next(): Promise<JobEvent> {
    this.#wait.begin();
    for (;;) {
      const stage = this.#stage;
      const event = stage.kind === 'relaying' ? await this.#relay(stage) : await this.#search();
      if (event) return event;
    }
  }

  get #hasLeft(): boolean {
    return this.#asks.hasLeft;
  }

  /** The part's body, for the caller; once that is piped how it ended. */
  async #relay(stage: Relaying): Promise<JobEvent | null> {
    const { part } = stage;
    if (!stage.isGiven && (await part.begin())) {
      stage.isGiven = true;
      const { beginsWithEvent } = part;
      if (beginsWithEvent) this.#noteFirst();
      return { kind: 'body', pipe: (to) => part.pipe(to), beginsWithEvent };
    }
    return this.#conclude(part, await part.conclude());
  }

  /** The first of the answer has come, to the caller if it is no whole one. */
  #noteFirst(): void {
    this.#wait.end();
    this.#ttftMs ??= Date.now() - this.#startedAt;
    this.#contradict();
  }

  #conclude(part: PartRun, outcome: PartOutcome): JobEvent | null {
    switch (outcome.kind) {
      case 'ended':
        this.#noteFirst();
        return this.#end(part, { kind: 'end', outputTokens: outcome.outputTokens });
      case 'unsaid':
        this.#contradict();
        this.#answer.add(outcome.delivered);
        return this.#end(part, { kind: 'unsaid', end: this.#sumUp(outcome.end), said: this.#answer.said });
      case 'too-long':
        part.cancel();
        return this.#fail({ kind: 'broken', message: tellTooLong(this.#base.request.kind), isCharged: true }, null);
      case 'broke':
        return this.#onBroke(part, outcome);
    }
  }

  #end(part: PartRun, event: JobEvent): JobEvent {
    part.taken.giveBack();
    this.#over(null);
    return event;
  }

  #sumUp(record: EndRecord): JobEnd {
    const { bill, energy, ...end } = record;
    const { ttftMs } = end;
    // Of a whole answer the first token is its hub's to tell: here it comes with the rest.
    const fromCallMs = ttftMs === null ? null : this.#askedMs + ttftMs + (this.#head?.decision.queuedMs ?? 0);
    const energies = energy === undefined ? {} : { energies: this.#delivered.listEnergies(record) };
    return { ...end, ...this.#delivered.sumUp({ ...end, bill }), ...energies, ttftMs: this.#ttftMs ?? fromCallMs };
  }

  #onBroke(part: PartRun, outcome: BrokenPart): JobEvent | null {
    const { fail, delivered, isTorn } = outcome;
    if (delivered.hasText || delivered.hasThinking) {
      this.#noteFirst();
      this.#wait.begin();
    }
    if (!isTorn) return this.#onFail(part, outcome);
    part.taken.giveBack();
    this.#answer.add(delivered);
    return this.#fail({ kind: 'broken', message: fail.message });
  }

  #onFail(part: PartRun, { fail, delivered, settled }: BrokenPart): JobEvent | null {
    part.cancel();
    this.#stage = { kind: 'searching' };
    const { taken, head, isResumable } = part;
    taken.giveBack();
    this.#answer.add(delivered);
    const { outputTokens, thinkingTokens } = delivered;
    this.#delivered.note(fail.delivered, { outputTokens, thinkingTokens }, settled);
    const { code, message } = fail;
    if (!this.#hasLeft) log.warn('part-broke', { ...this.about, part: this.part, nodeId: head.node, reason: code });
    const failure = code === 'slow' ? this.#tellSlow(fail.isCharged) : ({ kind: 'broken', message } as const);
    if (fail.isCharged) return this.#fail({ kind: 'broken', message: failure.message, isCharged: true }, null);
    if (code === 'slow') return this.#fail(failure);
    const stands = this.#weigh(taken, fail);
    if (stands) return this.#fail(stands);
    const { isBegun, hasText } = this.#answer;
    const reason = this.#objections.isOwn(taken.owner) ? (fail.reason ?? null) : null;
    if (isBegun) this.#brokenBy = tellBreak(message, reason);
    const isOver = isBegun && (!this.#canGoOn(fail) || (outputTokens > 0 && !isResumable));
    if (isOver)
      return this.#fail(code === 'context' ? this.#tellEnd() : { kind: 'broken', message: this.#brokenBy ?? message });
    if (!hasText) this.#beginAnew();
    const { search } = this.#doors;
    if (outputTokens === 0) search.avoid(taken.owner);
    search.restart(head.node, hasText ? this.#firstDigest : null, mayReturn(fail));
    if (code === 'busy') search.noteHeld(head.node, fail.retryMs);
    return null;
  }

  /** What the home says against the request, or fails in, is weighed with what others said; the failure where it stands. */
  #weigh({ hub, head, owner, hasVoice }: TakenPart, fail: FailRecord): JobFailure | null {
    const { code, reason = null } = fail;
    const { isBegun } = this.#answer;
    const nodeId = head.node;
    const said = { isServers: true, hasVoice, reason, told: tellRefusal(reason), param: 'messages' };
    const objection: Objection = { hub, nodeId, owner, ...said };
    if (!isBegun && code === 'bad-request') return this.#objections.noteRefused(objection);
    if (code === 'context') {
      this.#objections.noteTooLong(objection, fail);
      if (fail.contextTokens !== undefined) this.#doors.search.noteTooLong(fail.contextTokens);
    } else if (code !== 'busy') this.#asks.noteFault();
    return !isBegun && code === 'fault' ? this.#pardon(this.#objections.noteFailed(objection)) : null;
  }

  /** Where it is the request that fails no home is to blame. */
  #pardon(failure: JobFailure | null): JobFailure | null {
    if (failure?.kind === 'prompt')
      for (const { hub, nodeId } of this.#objections.failed)
        if (nodeId) this.#doors.forgive(hub, nodeId, this.#base.jobId);
    return failure;
  }

  /** A home answers what others said that nobody can: their hubs hear of it, once. */
  #contradict(): void {
    if (this.#isContradicted) return;
    this.#isContradicted = true;
    for (const { hub, nodeId } of this.#objections.contradicted)
      if (nodeId) this.#doors.contradict(hub, nodeId, this.#base.jobId);
  }

  #canGoOn(fail: FailRecord): boolean {
    return this.#least !== null && fail.code !== 'expired' && !this.#answer.isOutOfReach;
  }

  /** Nothing of the text was sent: the next home gives all of it, with what is left of the limit. */
  #beginAnew(): void {
    this.#answer.forgetThinking();
    this.#firstDigest = null;
  }

  /** Asks one hub for the next part; null when the part has begun, or another hub is to be asked. */
  async #search(): Promise<JobEvent | null> {
    const { isBegun } = this.#answer;
    if (this.#hasLeft) return this.#fail(LEFT);
    if (isBegun && this.#answer.tokens >= this.#base.request.maxTokens) return this.#endWhole();
    if (this.#wait.leftMs <= 0) return this.#fail(this.#tellSlow());
    if (!this.#mayTake) return this.#fail(this.#tellEnd());
    const makeOffer = (ask: HubAsk, part: number, waitMs: number): JobOffer => this.#makeOffer(ask, part, waitMs);
    const asked = await this.#asks.next({ isBeginning: !isBegun, makeOffer });
    switch (asked.kind) {
      case 'declined':
        return null;
      case 'doubted': {
        const failure = this.#objections.noteRefused(asked.objection);
        return failure && this.#fail(failure);
      }
      case 'nobody':
        if (this.#hasLeft) return this.#fail(LEFT);
        if (this.#takeSecondLook()) return null;
        return isBegun && (await this.#asks.waitForHome(this.#firstDigest)) ? null : this.#fail(this.#tellEnd());
      case 'taken':
        return this.#take(asked.taken);
    }
  }

  #take(taken: TakenPart): JobEvent {
    const { head, owner } = taken;
    const { request, chunk, stream } = this.#base;
    const part = new PartRun({
      taken,
      clock: this.#doors.clock,
      number: this.part,
      kind: request.kind,
      chunk,
      isWhole: !stream,
      hubGraceMs: this.#doors.timings.hubGraceMs,
      isResumable: this.#isResumable,
      about: this.about,
      tellPart: this.#doors.tellPart,
      keep: this.#doors.keep,
    });
    this.#attempts++;
    this.#takers.add(owner ?? `${this.#attempts}`);
    this.#stage = { kind: 'relaying', part, isGiven: false };
    this.#head = head;
    this.#wait.expect(head.decision.ttftMs);
    this.#firstDigest ??= head.digest;
    if (head.resumed) this.#resumed = worseOf(this.#resumed, head.resumed);
    return { kind: 'head', head };
  }

  /** True while one more home may take it up. */
  get #mayTake(): boolean {
    return this.#takers.size < MAX_ATTEMPTS && this.#attempts < MOST_TAKEN;
  }

  /** True where the answer goes on elsewhere if the part that begins now breaks off after tokens. */
  get #isResumable(): boolean {
    const mayGoOn = this.#takers.size + 1 < MAX_ATTEMPTS && this.#attempts + 1 < MOST_TAKEN;
    return this.#least !== null && mayGoOn && !this.#answer.isOutOfReach;
  }

  /** One owner's word that the prompt is too long has left out homes whose context is as long: they are asked before it stands. */
  #takeSecondLook(): boolean {
    if (this.#doors.search.end.kind === 'busy' || !this.#objections.takeSecondLook()) return false;
    this.#doors.search.forgetTooLong();
    return true;
  }

  #makeOffer(ask: HubAsk, part: number, waitMs: number): JobOffer {
    const { timings, search } = this.#doors;
    this.#askedMs = Date.now() - this.#startedAt;
    return makeOffer(this.#base, this.#answer, {
      ask,
      part,
      waitMs,
      ...this.#wait.left,
      attempt: this.#attempts + 1,
      least: this.#least,
      firstDigest: this.#firstDigest,
      firstTokenMs: timings.firstTokenMs,
      isResumable: this.#isResumable,
      isSuspect: this.#objections.failed.length > 0,
      delivered: this.#delivered,
      resumed: this.#resumed,
      ttftMs: this.#ttftMs,
      elapsedMs: this.#askedMs,
      search,
    });
  }

  #tellSlow(isCharged = false): JobFailure {
    return tellSlow(this.#wait.reachedMs, isCharged || this.#answer.hasText);
  }

  /** Every token was delivered and only the last word is missing: the answer is whole. */
  #endWhole(): JobEvent {
    this.#over(this.#close(true));
    const last = { finish: 'length', ttftMs: this.#ttftMs, receiptHash: null } as const;
    const sum = { ...this.#delivered.sumUp(null), energies: this.#delivered.listEnergies(null) };
    return { kind: 'unsaid', end: { ...last, ...sum }, said: this.#answer.said };
  }

  #tellEnd(): JobFailure {
    const { promptExact, size } = this.#base;
    const agreed = this.#answer.isBegun ? null : this.#pardon(this.#objections.agreed);
    if (agreed) return agreed;
    return tellSearchEnd(this.#doors.search.end, {
      brokenBy: this.#brokenBy,
      sawFault: this.#asks.sawFault,
      reason: this.#objections.reason,
      tooLong: this.#objections.tooLong,
      doubted: this.#objections.doubted,
      prompt: { exact: promptExact, least: size.leastPromptTokens ?? 0, expected: size.promptTokens },
    });
  }

  /** What was delivered is charged where the caller has the whole answer, or left on its own account. */
  #fail(failure: JobFailure, closing: JobClosing | null = this.#close(this.#hasLeft)): JobEvent {
    this.#over(closing);
    // What a hub had settled before it was lost is charged whatever comes of the rest.
    const told = failure.kind === 'broken' && this.#delivered.booked > 0 ? { ...failure, isCharged: true } : failure;
    return { kind: 'failed', failure: nameInput(told, this.#base.request.kind) };
  }

  #close(isCharged: boolean): JobClosing {
    return { interrupted: this.#delivered.settled.length, isCharged };
  }

  #over(closing: JobClosing | null): void {
    this.#stage = { kind: 'over', closing };
  }
}

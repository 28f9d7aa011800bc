// One job as its edge sees it: hubs asked until a home takes it, then its records; a home that breaks off is replaced by another that goes on
// with the same answer, so that the caller sees one stream.
import type { Capacity } from '../../schema/placement.ts';
import { computeCharge } from '../../schema/prices.ts';
import { RESUME_CLASSES } from '../../schema/settlement.ts';
import type { ResumeClass } from '../../schema/settlement.ts';
import { AnswerSoFar } from './answer-so-far.ts';
import type { HubAsk, JobBase, JobClosing, JobDoors, JobEvent, JobFailure } from './job-doors.ts';
import { CAPACITY_HEADER, CLASS_HEADER, TOKEN_TIMEOUT_MS, TOOK_HEADER } from '../../schema/offer.ts';
import type { JobOffer, OfferRefusal } from '../../schema/offer.ts';
import { RECORD, readDataRecord, readRecordJson, RecordReader } from '../../schema/records.ts';
import type { EndRecord, FailRecord, HeadRecord, PartRecord } from '../../schema/records.ts';
import { SilenceWatch } from './silence-watch.ts';
import { tellSearchEnd } from './tell-search-end.ts';

/** Homes that may begin or go on with one answer, at most. */
export const MAX_ATTEMPTS = 3;
/** First token at the latest, unless the hub expects it to take longer. */
export const FIRST_TOKEN_MS = 10_000;
/** A hub answers an ask sooner than this: it waits 1 s for a home's head, and as long for homes it has forgotten. */
const ASK_TIMEOUT_MS = 5000;
/** The hub's own watchdogs come first; this one is for a hub that has stopped itself. */
const HUB_GRACE_MS = 5000;
/** Where nobody can go on with an answer at once, somebody is waited for this long, and looked for this often. */
const RESUME_WAIT_MS = 5000;
const RESUME_RETRY_MS = 250;

interface Delivered {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly charge: number;
}

export class JobRun {
  readonly #base: JobBase;
  readonly #least: ResumeClass | null;
  readonly #doors: JobDoors;
  readonly #startedAt = Date.now();
  readonly #answer = new AnswerSoFar();
  readonly #delivered: Delivered[] = [];
  readonly #watch = new SilenceWatch(() => void this.#reader?.cancel().catch(() => undefined));
  #abort = new AbortController();
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #records = new RecordReader();
  #pending: PartRecord[] = [];
  #head: HeadRecord | null = null;
  /** Who runs the part, or was asked for until a head says who does. */
  #node: string | null = null;
  /** Gives back the slot that the running part has taken in this edge's memory. */
  #giveBack: (() => void) | null = null;
  #firstDigest: string | null = null;
  #resumed: ResumeClass | null = null;
  /** Tickets given out: every home that was asked has its own part number, so that a late one cannot speak for another. */
  #parts = 0;
  #attempts = 0;
  /** Tokens by frames that no hub has settled: its memory died with them. */
  #unsettledTokens = 0;
  #tokensBefore = 0;
  #ttftMs: number | null = null;
  /** Until when a home that goes on is waited for; null while none is. */
  #waitUntilAt: number | null = null;
  #sawFault = false;
  #brokenBy: string | null = null;
  #isAborted = false;
  #isOver = false;
  #isWhole = false;
  #hasFailed = false;

  /** `least`: the least faithful way of going on that the caller takes; null for none. */
  constructor(base: JobBase, least: ResumeClass | null, doors: JobDoors) {
    this.#base = base;
    this.#least = least;
    this.#doors = doors;
  }

  /** Homes that took the job so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** The part that runs or ran last. */
  get part(): number {
    return Math.max(0, this.#parts - 1);
  }

  get head(): HeadRecord | null {
    return this.#head;
  }

  /** The least faithful way in which the answer went on so far; null where one home gave all of it. */
  get resumed(): ResumeClass | null {
    return this.#resumed;
  }

  /** From the job's start to its first byte at this edge. */
  get ttftMs(): number | null {
    return this.#ttftMs;
  }

  /** What the caller's account is to be told; null where the last home's hub settles the job. */
  get closing(): JobClosing | null {
    const interrupted = this.#delivered.length;
    if (this.#isWhole) return { interrupted, isCharged: true };
    if (this.#hasFailed) return { interrupted, isCharged: this.#isAborted };
    return this.#isOver || this.#reader ? null : { interrupted, isCharged: true };
  }

  /** True once a home's answer has reached this edge. */
  get hasToken(): boolean {
    return this.#answer.hasText;
  }

  /** The caller left: whatever runs is cancelled, and nothing new begins. */
  abort(): void {
    if (this.#isOver || this.#isAborted) return;
    this.#isAborted = true;
    this.#watch.stop();
    this.#abort.abort();
  }

  /** What happens next. After `end` or `failed` it must not be called again. */
  async next(): Promise<JobEvent> {
    for (;;) {
      const record = this.#pending.shift();
      if (record) {
        const event = this.#toEvent(record);
        if (event) return event;
      } else if (this.#reader) {
        await this.#read(this.#reader);
      } else {
        const event = await this.#attempt();
        if (event) return event;
      }
    }
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    this.#watch.await(this.#silenceMs());
    try {
      const { value } = await reader.read();
      // Without a value the hub went away and left no last word: its restart or a broken hop.
      this.#pending.push(...(value ? this.#records.push(value) : [lostRecord(!this.#hasPartToken())]));
    } catch {
      this.#pending.push(lostRecord(!this.#hasPartToken()));
    } finally {
      if (this.#isAborted) this.#watch.stop();
      else this.#watch.hear();
    }
  }

  #hasPartToken(): boolean {
    return this.#answer.tokens > this.#tokensBefore;
  }

  #silenceMs(): number {
    const first = Math.max(FIRST_TOKEN_MS, 3 * (this.#head?.decision.ttftMs ?? 0));
    return HUB_GRACE_MS + (this.#hasPartToken() ? TOKEN_TIMEOUT_MS : first);
  }

  #toEvent(record: PartRecord): JobEvent | null {
    if (record.kind === RECORD.data) {
      const piece = readDataRecord(record);
      this.#ttftMs ??= Date.now() - this.#startedAt;
      this.#answer.add(piece);
      return { kind: 'data', events: piece.events };
    }
    if (record.kind === RECORD.head) return { kind: 'head', head: this.#begin(readRecordJson<HeadRecord>(record)) };
    if (record.kind === RECORD.end) {
      this.#end();
      this.#noteFreed();
      return { kind: 'end', end: this.#sumUp(readRecordJson<EndRecord>(record)) };
    }
    return this.#onFail(readRecordJson<FailRecord>(record));
  }

  #begin(head: HeadRecord): HeadRecord {
    this.#head = head;
    this.#node = head.node;
    this.#firstDigest ??= head.digest;
    if (head.resumed) this.#resumed = worseOf(this.#resumed, head.resumed);
    return head;
  }

  /** The last part's counts and all before it: the prompt once, the output of every home. */
  #sumUp(end: EndRecord): EndRecord {
    const isOneHomes = this.#delivered.length + this.#unsettledTokens === 0;
    if (isOneHomes) return { ...end, ttftMs: this.#ttftMs ?? end.ttftMs };
    const outputTokens = this.#delivered.reduce((sum, one) => sum + one.outputTokens, end.outputTokens);
    // A part that went on has the answer before it in its prompt.
    const prompt = this.#base.promptExact ?? end.promptTokens - this.#unsettledTokens;
    const promptTokens = this.#delivered[0]?.promptTokens ?? Math.max(0, prompt);
    const charges = this.#delivered.reduce((sum, one) => sum + one.charge, end.charge);
    return {
      ...end,
      promptTokens,
      outputTokens: outputTokens + this.#unsettledTokens,
      // The account charges parts as one answer, rounded up once; work at homes of the caller's own is free.
      charge: Math.min(charges, computeCharge(this.#base, { promptTokens, outputTokens })),
      ttftMs: this.#ttftMs ?? end.ttftMs,
    };
  }

  #onFail(fail: FailRecord): JobEvent | null {
    void this.#reader?.cancel().catch(() => undefined);
    this.#reader = null;
    this.#pending = [];
    this.#noteFreed();
    if (fail.delivered) this.#delivered.push(fail.delivered);
    else this.#unsettledTokens += this.#answer.tokens - this.#tokensBefore;
    if (!this.#answer.hasText && (fail.code === 'context' || fail.code === 'bad-request'))
      return this.#over({ kind: fail.code, message: fail.message, param: 'messages' });
    this.#sawFault = true;
    if (this.#answer.hasText) this.#brokenBy = fail.message;
    if (this.#answer.hasText && !this.#canGoOn(fail)) return this.#over({ kind: 'broken', message: fail.message });
    this.#doors.search.restart(this.#node, this.#answer.hasText ? this.#firstDigest : null);
    return null;
  }

  #noteFreed(): void {
    this.#giveBack?.();
    this.#giveBack = null;
  }

  #canGoOn(fail: FailRecord): boolean {
    return this.#least !== null && fail.code !== 'expired' && !this.#answer.isTooLong;
  }

  async #attempt(): Promise<JobEvent | null> {
    if (this.#isAborted) return this.#over({ kind: 'failed', message: 'The caller left.' });
    if (this.#answer.hasText && this.#tokensLeft() <= 0) return this.#endWhole();
    if (this.#attempts >= MAX_ATTEMPTS) return this.#over(this.#tellEnd());
    const ask = await this.#doors.search.next();
    if (this.#isAborted) return this.#over({ kind: 'failed', message: 'The caller left.' });
    if (!ask) return (await this.#waitForHome()) ? null : this.#over(this.#tellEnd());
    const offer = this.#offerFor(ask);
    const askedAt = Date.now();
    const response = await this.#ask(ask, offer);
    if (!response) {
      this.#leaveHub(ask);
      return null;
    }
    // The hub says how long it took itself: what is left is the way there and back.
    const tookMs = Number(response.headers.get(TOOK_HEADER) ?? Number.NaN);
    if (tookMs >= 0) this.#doors.noteRtt(ask.hub, Math.max(0, Date.now() - askedAt - tookMs));
    if (response.status !== 200 || !response.body) return this.#takeRefusal(ask, response);
    const capacity = response.headers.get(CAPACITY_HEADER);
    if (capacity) this.#doors.noteCapacity(ask.hub, JSON.parse(capacity) as Capacity);
    const speedClass = response.headers.get(CLASS_HEADER);
    this.#waitUntilAt = null;
    this.#giveBack = speedClass === null ? null : () => this.#doors.noteFreed(ask.hub, speedClass);
    this.#node = ask.preferNodeId;
    this.#parts++;
    this.#attempts++;
    this.#tokensBefore = this.#answer.tokens;
    this.#reader = response.body.getReader();
    this.#records = new RecordReader();
    return null;
  }

  /** A caller who has read some of the answer rather waits than loses it: a home may come back or finish another job. */
  async #waitForHome(): Promise<boolean> {
    const now = Date.now();
    this.#waitUntilAt ??= now + RESUME_WAIT_MS;
    if (!this.#answer.hasText || now >= this.#waitUntilAt) return false;
    await new Promise((wake) => setTimeout(wake, RESUME_RETRY_MS));
    this.#doors.search.restart(null, this.#firstDigest);
    return true;
  }

  /** Null when the hub could not be reached or did not answer in time. */
  async #ask(ask: HubAsk, offer: JobOffer): Promise<Response | null> {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const asked = this.#doors.askHub(ask.hub, offer, signal).catch(() => null);
    let giveUp = (): void => undefined;
    const late = new Promise<'late'>((resolve) => void (giveUp = () => resolve('late')));
    const timer = setTimeout(() => giveUp(), ASK_TIMEOUT_MS);
    const response = await Promise.race([asked, late]);
    clearTimeout(timer);
    if (response !== 'late') return response;
    this.#abort.abort();
    return null;
  }

  #offerFor(ask: HubAsk): JobOffer {
    const { request, promptBound, promptExact } = this.#base;
    const so = this.#answer;
    const resume = so.hasText && this.#least ? so.toResumePoint(this.#firstDigest ?? '', this.#least) : null;
    const before = resume?.count ?? 0;
    return {
      ...this.#base,
      request: { ...request, maxTokens: this.#tokensLeft() },
      promptBound: promptBound + before,
      promptExact: promptExact === null ? null : promptExact + before,
      size: { ...this.#base.size, promptTokens: this.#base.size.promptTokens + before },
      part: this.#parts,
      attempt: this.#attempts + 1,
      preferNodeId: ask.preferNodeId,
      excludeNodeIds: this.#doors.search.excludedNodes,
      firstTokenMs: FIRST_TOKEN_MS,
      edgeRttMs: ask.edgeRttMs,
      asks: ask.asks,
      isForced: ask.isForced,
      isResumable: this.#least !== null && this.#attempts + 1 < MAX_ATTEMPTS && !so.isTooLong,
      interrupted: this.#delivered.length,
      chargePrompt: this.#delivered.length === 0,
      resume,
    };
  }

  #tokensLeft(): number {
    return this.#base.request.maxTokens - this.#answer.tokens;
  }

  async #takeRefusal(ask: HubAsk, response: Response): Promise<JobEvent | null> {
    const refusal = response.status === 409 ? await readRefusal(response) : null;
    const { search, noteCapacity } = this.#doors;
    if (!refusal) {
      this.#leaveHub(ask);
      return null;
    }
    noteCapacity(ask.hub, refusal.capacity);
    if (refusal.code === 'busy' && !refusal.nodeId) search.noteBusy(ask, refusal);
    else if (refusal.code === 'none') search.noteNone(ask, refusal.emptiedBy);
    else if (refusal.code === 'bad-request' && !this.#answer.hasText)
      return this.#over({ kind: 'bad-request', message: refusal.message, param: refusal.param });
    else this.#leaveHome(ask, refusal);
    return null;
  }

  /** The hub itself failed. A home may run what it granted before: the part's number is used up, or two would settle as one. */
  #leaveHub(ask: HubAsk): void {
    this.#parts++;
    this.#sawFault = true;
    this.#doors.search.noteNone(ask, null);
  }

  /** A home was given a ticket and did not take the job. */
  #leaveHome(ask: HubAsk, refusal: OfferRefusal): void {
    this.#parts++;
    const isBusy = refusal.code === 'busy';
    if (!isBusy) this.#sawFault = true;
    if (refusal.nodeId) this.#doors.search.noteRefused(refusal.nodeId, isBusy);
    else this.#doors.search.noteNone(ask, null);
  }

  /** Every token was delivered and only the last word is missing: the answer is whole. */
  #endWhole(): JobEvent {
    this.#end();
    this.#isWhole = true;
    const nothing = { promptTokens: 0, outputTokens: 0, charge: 0 };
    return {
      kind: 'end',
      end: this.#sumUp({ ...nothing, finish: 'length', ttftMs: this.#ttftMs, receiptHash: null }),
    };
  }

  #tellEnd(): JobFailure {
    return tellSearchEnd(this.#doors.search.end, { brokenBy: this.#brokenBy, sawFault: this.#sawFault });
  }

  #over(failure: JobFailure): JobEvent {
    this.#end();
    this.#hasFailed = true;
    return { kind: 'failed', failure };
  }

  #end(): void {
    this.#isOver = true;
    this.#watch.stop();
  }
}

/** A hub's refusal; null when it is cut short. Written by our own hub, so its shape is trusted. */
async function readRefusal(response: Response): Promise<OfferRefusal | null> {
  const json: unknown = await response.json().catch(() => null);
  return json as OfferRefusal | null;
}

function worseOf(a: ResumeClass | null, b: ResumeClass): ResumeClass {
  if (!a) return b;
  return RESUME_CLASSES.indexOf(a) > RESUME_CLASSES.indexOf(b) ? a : b;
}

function lostRecord(beforeToken: boolean): PartRecord {
  const fail: FailRecord = {
    code: 'lost',
    beforeToken,
    message: 'the connection to the home broke',
    delivered: null,
  };
  return { kind: RECORD.fail, payload: new TextEncoder().encode(JSON.stringify(fail)) };
}

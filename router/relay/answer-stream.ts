// A job's answer as server-sent events: the bodies of its parts, which the platform passes on by itself, and what stands before and between them: comments
// in silence, and the event that ends an answer which no hub could end.
import { concatBytes } from '../../schema/bytes.ts';
import { ANSWERS, encodeLastEvents } from '../../schema/answers.ts';
import { COMMENT_LINE } from '../../schema/chunks.ts';
import type { ChunkHead, FinalFacts, StreamError } from '../../schema/chunks.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import { makeLog } from '../log.ts';
import type { CallClock } from './call-clock.ts';
import type { JobEnd, JobEvent, JobFailure } from './job-doors.ts';
import type { JobRun } from './job-run.ts';

const log = makeLog('relay');

/** A closed connection is only noticed when something is written: comments in silence find out, before the first token and after. */
const COMMENT_AFTER_MS = 500;
const TICK_MS = 250;

export interface AnswerOptions {
  readonly run: JobRun;
  readonly clock: CallClock;
  readonly kind: JobKind;
  readonly chunk: ChunkHead;
  readonly includeUsage: boolean;
  /** Events that were read while it was still open whether to answer with a stream. */
  readonly first: Promise<JobEvent>;
  /** The caller has all of it; `outputTokens`: null where that is not known. */
  readonly onEnd: (outputTokens: number | null) => void;
  readonly toFacts: (end: JobEnd) => FinalFacts;
  readonly toError: (failure: JobFailure) => StreamError;
  /** Told once, at the end or when the caller left, so that holds without a settlement are released. */
  readonly onOver: (failure: JobFailure | null) => void;
}

export interface StreamedAnswer {
  /** Reading slowly slows the home; leaving cancels it. */
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves when there is nothing more to do for it. */
  readonly done: Promise<void>;
  /** Nobody reads it any more: for one who knows that before a write has failed. The home is stopped. */
  readonly leave: () => void;
}

export function streamAnswer(options: AnswerOptions): StreamedAnswer {
  return new AnswerStream(options);
}

class AnswerStream implements StreamedAnswer {
  readonly body: ReadableStream<Uint8Array>;
  readonly done: Promise<void>;
  readonly leave = (): void => this.#leave();
  readonly #options: AnswerOptions;
  readonly #writable: WritableStream<Uint8Array>;
  #lastWriteAt = Date.now();
  /** One write after the other. */
  #writing: Promise<void> = Promise.resolve();
  #writes = 0;
  /** Comments were the last that was written. */
  #isSilent = false;
  #isOver = false;
  /** Set while no part is passed on: there its hub fills the silence. */
  #stopTicking: (() => void) | null = null;

  constructor(options: AnswerOptions) {
    this.#options = options;
    const { readable, writable } = new IdentityTransformStream();
    this.body = readable;
    this.#writable = writable;
    this.done = this.#pump();
  }

  async #pump(): Promise<void> {
    const { first, kind, chunk } = this.#options;
    try {
      const opening = ANSWERS[kind].encodeOpening?.(chunk);
      if (opening) void this.#write(opening);
      // What is there already is passed on at once, and no silence comes before it.
      if (!(await Promise.race([first, Promise.resolve(null)]))) this.#tick();
      let event = await first;
      while (!this.#isOver) {
        if (await this.#take(event)) return;
        event = await this.#options.run.next();
      }
    } catch (error) {
      // A bug on the way: the caller still gets a word and an end, and the home is stopped.
      log.error('answer-broke', { ...this.#options.run.about, error });
      this.#options.run.abort();
      await this.#take({ kind: 'failed', failure: { kind: 'broken', message: 'the router failed' } });
    } finally {
      this.#rest();
    }
  }

  /** Writes what an event means; true when it was the last. */
  async #take(event: JobEvent): Promise<boolean> {
    const { onEnd } = this.#options;
    switch (event.kind) {
      case 'head':
        return false;
      case 'body':
        await this.#pass(event);
        return false;
      case 'end':
        onEnd(event.outputTokens);
        await this.#finish(null);
        return true;
      case 'unsaid':
        onEnd(event.end.outputTokens);
        await this.#write(this.#lastEvents(event.end, event.said.text === '' && event.said.calls.length === 0));
        await this.#finish(null);
        return true;
      case 'failed':
        await this.#write(this.#errorEvent(event.failure));
        await this.#finish(event.failure);
        return true;
    }
  }

  /** The first event behind comments is one that says nothing: a hub writes it behind its own. */
  async #pass({ pipe, beginsWithEvent }: Extract<JobEvent, { kind: 'body' }>): Promise<void> {
    await (beginsWithEvent ? this.#write(NOTHING) : this.#writing);
    if (this.#isOver) return;
    this.#rest();
    const { missing, isSilent } = await pipe(this.#writable);
    if (this.#isOver) return;
    this.#isSilent = isSilent && missing.length === 0;
    this.#lastWriteAt = Date.now();
    this.#tick();
    if (this.#isBroken()) return this.#leave();
    if (missing.length > 0) await this.#write(missing);
  }

  /** The caller has left. */
  #isBroken(): boolean {
    const writer = this.#writable.getWriter();
    // What it rejects with is known from its size.
    writer.closed.catch(() => undefined);
    const { desiredSize } = writer;
    writer.releaseLock();
    return desiredSize === null;
  }

  #lastEvents(end: JobEnd, isEmpty: boolean): Uint8Array {
    const { kind, chunk, includeUsage, toFacts } = this.#options;
    const { finish } = end;
    return encodeLastEvents(kind, chunk, {
      finish,
      counts: end,
      facts: toFacts(end),
      includeUsage,
      role: false,
      isEmpty,
    });
  }

  #errorEvent(failure: JobFailure): Uint8Array {
    const { kind, chunk, toError } = this.#options;
    return ANSWERS[kind].encodeError(chunk, toError(failure));
  }

  #tick(): void {
    const silentMs = Date.now() - this.#lastWriteAt;
    this.#stopTicking ??= this.#options.clock.after(Math.max(TICK_MS, COMMENT_AFTER_MS - silentMs), () => {
      this.#stopTicking = null;
      this.#comment();
      this.#tick();
    });
  }

  #rest(): void {
    this.#stopTicking?.();
    this.#stopTicking = null;
  }

  #comment(): void {
    if (this.#isOver || this.#writes > 0 || Date.now() - this.#lastWriteAt < COMMENT_AFTER_MS) return;
    void this.#write(COMMENT_LINE, true);
  }

  /** Resolves when the caller has been sent it. */
  #write(bytes: Uint8Array, isComment = false): Promise<void> {
    this.#writes++;
    this.#writing = this.#writing.then(() => this.#send(bytes, isComment)).finally(() => void this.#writes--);
    return this.#writing;
  }

  async #send(bytes: Uint8Array, isComment: boolean): Promise<void> {
    const { kind, chunk } = this.#options;
    const all = this.#isSilent && !isComment ? concatBytes([ANSWERS[kind].encodeEmpty(chunk), bytes]) : bytes;
    if (this.#isOver || all.length === 0) return;
    this.#isSilent = isComment;
    const writer = this.#writable.getWriter();
    writer.closed.catch(() => undefined);
    try {
      await writer.write(all);
      this.#lastWriteAt = Date.now();
    } catch {
      this.#leave();
    } finally {
      writer.releaseLock();
    }
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.run.abort();
    this.#options.onOver(null);
  }

  async #finish(failure: JobFailure | null): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onOver(failure);
    // Who left meanwhile is not told.
    await this.#writable.close().catch(() => undefined);
  }
}

const NOTHING = new Uint8Array(0);

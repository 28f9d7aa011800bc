// A job's answer as server-sent events: bytes as the home wrote them, comments in silence, and the last events, which only the edge writes.
import { concatBytes } from '../../schema/bytes.ts';
import type { AnswerFormat } from '../../schema/answers.ts';
import { COMMENT_LINE, DONE_EVENT, makeUsage } from '../../schema/chunks.ts';
import type { ChunkHead, FinalFacts, StreamError } from '../../schema/chunks.ts';
import { makeLog } from '../log.ts';
import type { JobEnd, JobEvent, JobFailure } from './job-doors.ts';
import type { JobRun } from './job-run.ts';

const log = makeLog('relay');

/** A closed connection is only noticed when something is written: comments in silence find out, before the first token and after. */
const COMMENT_AFTER_MS = 500;
const TICK_MS = 250;

export interface AnswerOptions {
  readonly run: JobRun;
  readonly format: AnswerFormat;
  readonly chunk: ChunkHead;
  readonly includeUsage: boolean;
  /** Events that were read while it was still open whether to answer with a stream. */
  readonly first: Promise<JobEvent>;
  readonly toFacts: (end: JobEnd) => FinalFacts;
  readonly toError: (failure: JobFailure) => StreamError;
  /** Told once, at the end or when the caller left, so that holds without a settlement are released. */
  readonly onOver: (failure: JobFailure | null) => void;
}

/** The body of a streamed answer. Reading slowly slows the home; leaving cancels it. */
export function streamAnswer(options: AnswerOptions): ReadableStream<Uint8Array> {
  return new AnswerStream(options).body;
}

class AnswerStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: AnswerOptions;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #onPull: (() => void) | null = null;
  #lastWriteAt = Date.now();
  #isBegun = false;
  #hasText = false;
  /** Comments were the last that was written. */
  #isSilent = false;
  #isOver = false;

  constructor(options: AnswerOptions) {
    this.#options = options;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          void this.#pump();
        },
        pull: () => {
          this.#onPull?.();
          this.#onPull = null;
        },
        cancel: () => this.#leave(),
      },
      { highWaterMark: 1 },
    );
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onPull?.();
    this.#options.run.abort();
    this.#options.onOver(null);
  }

  async #pump(): Promise<void> {
    const ticker = setInterval(() => this.#comment(), TICK_MS);
    try {
      let event = await this.#options.first;
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
      clearInterval(ticker);
    }
  }

  /** Writes what an event means; true when it was the last. */
  async #take(event: JobEvent): Promise<boolean> {
    if (event.kind === 'head') return false;
    if (event.kind === 'data') {
      this.#isBegun = true;
      if (!event.isThinking) this.#hasText = true;
      this.#write(event.events);
      await this.#room();
      return false;
    }
    // One write: each costs more than its bytes.
    this.#write(event.kind === 'end' ? concatBytes(this.#lastEvents(event.end)) : this.#errorEvent(event.failure));
    this.#finish(event.kind === 'end' ? null : event.failure);
    return true;
  }

  #lastEvents(end: JobEnd): Uint8Array[] {
    const { format, chunk, includeUsage, toFacts } = this.#options;
    const facts = toFacts(end);
    const extra = { role: !this.#isBegun, isEmpty: !this.#hasText };
    if (!includeUsage) return [format.encodeFinish(chunk, end.finish, { ...extra, irori: facts }), DONE_EVENT];
    const finish = format.encodeFinish(chunk, end.finish, extra);
    return [finish, format.encodeUsage(chunk, makeUsage(end), facts), DONE_EVENT];
  }

  #errorEvent(failure: JobFailure): Uint8Array {
    const { format, chunk, toError } = this.#options;
    return format.encodeError(chunk, toError(failure));
  }

  /** Writes whole events; the first after comments is one that says nothing. */
  #write(events: Uint8Array): void {
    const { format, chunk } = this.#options;
    this.#enqueue(this.#isSilent ? concatBytes([format.encodeEmpty(chunk), events]) : events);
    this.#isSilent = false;
  }

  #enqueue(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#lastWriteAt = Date.now();
    this.#controller?.enqueue(bytes);
  }

  #comment(): void {
    if (this.#isOver || Date.now() - this.#lastWriteAt < COMMENT_AFTER_MS || (this.#controller?.desiredSize ?? 0) <= 0)
      return;
    this.#enqueue(COMMENT_LINE);
    this.#isSilent = true;
  }

  /** Waits until the caller has read what was written. */
  #room(): Promise<void> | undefined {
    if (this.#isOver || (this.#controller?.desiredSize ?? 0) > 0) return undefined;
    return new Promise((resolve) => void (this.#onPull = resolve));
  }

  #finish(failure: JobFailure | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.close();
    this.#options.onOver(failure);
  }
}

// The body of an answer that is no stream, opened before the answer is there: white space while a home makes it, then the JSON. JSON may begin
// with white space, and only what is written finds out that a connection was closed.
import type { Result } from '../../schema/result.ts';
import { makeLog } from '../log.ts';
import type { CallClock } from './call-clock.ts';
import type { CollectedAnswer } from './collect-answer.ts';
import type { JobFailure } from './job-doors.ts';
import type { JobRun } from './job-run.ts';

const log = makeLog('relay');

const SPACE_EVERY_MS = 500;
/** The platform asks for more before it has sent what it took, and a body that breaks in between takes it along. */
const LAST_WORD_MS = 100;
const encoder = new TextEncoder();
const SPACE = encoder.encode('\n');

/** What a bug on the way is to the caller. */
export const ROUTER_FAILED: JobFailure = { kind: 'broken', message: 'the router failed' };

/** `A`: the answer, or all answers of a call; `F`: how it failed. */
export interface WholeOptions<A = CollectedAnswer, F = JobFailure> {
  readonly run: Pick<JobRun, 'about' | 'abort'>;
  readonly clock: CallClock;
  readonly collected: Promise<Result<A, F>>;
  /** The JSON of the answer. */
  readonly encode: (answer: A) => string;
  /** The JSON of an error. */
  readonly encodeError: (failure: F) => string;
  /** Asking the same again is of no use. */
  readonly isFinal: (failure: F) => boolean;
  /** Told once, at the end or when the caller left, so that holds without a settlement are released. */
  readonly onOver: (failure: F | null) => void;
  /** How it failed where the router itself did. */
  readonly routerFailed: F;
}

/**
 * Leaving cancels the home. A failure is told as the JSON of an error, since its status was sent long ago. Behind it the body breaks off, which no
 * client takes for an answer, and which many ask again for. Where that is of no use it ends well instead: else openai-python asks three times and
 * LangChain seven, and neither shows the error. Such a body has no `choices`, which no client takes for an answer either.
 */
export function openWhole<A, F>(options: WholeOptions<A, F>): ReadableStream<Uint8Array> {
  return new WholeBody(options).body;
}

class WholeBody<A, F> {
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: WholeOptions<A, F>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** All that was written has been taken, and more is asked for. */
  #isWanted = false;
  #onWanted: (() => void) | null = null;
  #isFirst = true;
  #isOver = false;

  constructor(options: WholeOptions<A, F>) {
    this.#options = options;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          void this.#give();
        },
        pull: () => {
          this.#isWanted = true;
          // At once: who has left meanwhile is noticed by the first byte.
          if (this.#isFirst) this.#breathe();
          this.#isFirst = false;
          this.#onWanted?.();
        },
        cancel: () => this.#leave(),
      },
      // Nothing is kept ready: who asks for more has been sent what came before.
      { highWaterMark: 0 },
    );
  }

  async #give(): Promise<void> {
    const stopTicking = this.#options.clock.every(SPACE_EVERY_MS, () => this.#breathe());
    try {
      const collected = await this.#options.collected;
      if (this.#isOver) return;
      if (collected.ok) this.#end(this.#options.encode(collected.value));
      else await this.#breakOff(collected.error);
    } catch (error) {
      // A bug on the way: the caller still gets a word and an end, and the home is stopped.
      log.error('answer-broke', { ...this.#options.run.about, error });
      this.#options.run.abort();
      await this.#breakOff(this.#options.routerFailed);
    } finally {
      stopTicking();
    }
  }

  #breathe(): void {
    if (this.#isWanted && !this.#isOver) this.#write(SPACE);
  }

  #end(json: string): void {
    this.#isOver = true;
    this.#write(encoder.encode(json));
    this.#controller?.close();
    this.#options.onOver(null);
  }

  /** Without the last chunk, unless asking again is of no use. */
  async #breakOff(failure: F): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { encodeError, isFinal, onOver } = this.#options;
    onOver(failure);
    // A stream that breaks drops what nobody has taken yet.
    await this.#untilWanted();
    this.#write(encoder.encode(encodeError(failure)));
    if (isFinal(failure)) return this.#controller?.close();
    await this.#untilWanted();
    await new Promise((wake) => setTimeout(wake, LAST_WORD_MS));
    this.#controller?.error(new Error('the answer broke off'));
  }

  #write(bytes: Uint8Array): void {
    this.#isWanted = false;
    this.#controller?.enqueue(bytes);
  }

  async #untilWanted(): Promise<void> {
    if (!this.#isWanted) await new Promise<void>((resolve) => void (this.#onWanted = resolve));
  }

  #leave(): void {
    this.#onWanted?.();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.run.abort();
    this.#options.onOver(null);
  }
}

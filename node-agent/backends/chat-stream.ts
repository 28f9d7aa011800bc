// One streamed chat request to a local server, from its first byte to its Finish: reads, counts, watches the clock, holds back.

import { parseJson } from '../../schema/json.ts';
import { AnswerReading, type ReadingTerms } from './answer-reading.ts';
import type { BackendError } from './backend.ts';
import { BodyReader } from './body-reader.ts';
import type { ChatCall, ChatEar } from './chat-lines.ts';
import type { DeltaPump } from './delta-pump.ts';
import type { AnswerHeaders } from './http-answer.ts';
import type { LifeWatch } from './life-watch.ts';
import { judgeEnd, LINGER_MS, type Seen, type Verdict, type WholeFinish } from './judge-end.ts';
import { EventTemplate } from './event-template.ts';
import { readErrorEvent, readRefusal } from './read-refusal.ts';
import { readRetryAfter } from './read-retry-after.ts';
import { openPromise } from './open-promise.ts';

export interface StreamEnd {
  readonly reason: WholeFinish | 'cancelled' | 'error';
  readonly promptTokens: number | null;
  /** The server's own count of what it handed over, thinking included; null when it gave none. */
  readonly outputTokens: number | null;
  readonly error?: BackendError;
  /** The server thought: its answer cannot be continued from the text alone. */
  readonly hasThought: boolean;
  /** A kept connection turned out to be closed before anything was answered: the same request may be sent again. */
  readonly stale?: true;
  /** Where a redirect leads that keeps the request as it is (307, 308). */
  readonly location?: string;
}

/** How long a finished response may take to its proper end, before its connection is dropped instead of kept. */
const KEEP_MS = 1_000;

/** Words of a refusal that are read, bytes. */
const REFUSAL_BYTES = 16_384;

/** An answer that is none: what came of it. */
interface Refusal {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly parts: Buffer[];
  bytes: number;
}

export class ChatStream {
  readonly #open: (ear: ChatEar) => ChatCall;
  readonly #pump: DeltaPump;
  readonly #life: LifeWatch;
  readonly #maxTokens: number;
  readonly #prompt: readonly string[];
  readonly #ended = openPromise<StreamEnd>();
  readonly #body = new BodyReader();
  readonly #template = new EventTemplate();
  readonly #reading: AnswerReading;
  #call: ChatCall | undefined;
  #isBegun = false;
  #refusal: Refusal | null = null;
  #linger: NodeJS.Timeout | undefined;
  #finishAt: number | null = null;
  #holding = false;
  #settled = false;

  /** `open` sends the request; `maxTokens`: what the request asks for at most; `prompt`: every text that the server is given, so that its words quote none of it. */
  constructor(
    open: (ear: ChatEar) => ChatCall,
    pump: DeltaPump,
    terms: ReadingTerms & { readonly life: LifeWatch; readonly prompt: readonly string[] },
  ) {
    this.#open = open;
    this.#pump = pump;
    this.#life = terms.life;
    this.#maxTokens = terms.maxTokens;
    this.#prompt = terms.prompt;
    this.#reading = new AnswerReading(terms);
  }

  /** Settles once, when the answer is complete, broken or cancelled. An abort destroys the request at once. */
  async run(signal: AbortSignal): Promise<StreamEnd> {
    const abort = (): void => this.#settle({ ...this.#counts(), reason: 'cancelled' });
    signal.addEventListener('abort', abort, { once: true });
    this.#call = this.#open({
      onHead: (status, headers) => this.#begin(status, headers),
      onBody: (bytes) => this.#take(bytes),
      onEnd: () => this.#endOfBody(),
      onBreak: (error) => this.#breakOff(error),
    });
    if (signal.aborted) abort();
    this.#life.attend((silentMs) => this.#fail('unreachable', `the server gave no sign of life for ${silentMs} ms`));
    const end = await this.#ended.promise;
    signal.removeEventListener('abort', abort);
    this.#life.rest();
    clearTimeout(this.#linger);
    return end;
  }

  #begin(status: number, headers: AnswerHeaders): void {
    this.#isBegun = true;
    if (!isGood(status)) this.#refusal = { status, headers, parts: [], bytes: 0 };
  }

  #take(chunk: Uint8Array): void {
    if (this.#settled) return;
    if (this.#refusal) return this.#takeRefusal(chunk, this.#refusal);
    this.#life.hear();
    try {
      const events = this.#body.feed(chunk);
      if (this.#body.form === 'page') this.#fail('unreachable', 'a web page answers instead of the server');
      else if (events.length > 0) this.#readEvents(events);
    } catch {
      this.#fail('internal', 'the server sent a line that is longer than 1 MiB, or a body longer than 4 MiB');
    }
  }

  /** Text of events that came together becomes one delta, and so does thinking: what costs is the handing over, not the bytes. */
  #readEvents(events: readonly string[]): void {
    const reading = this.#reading;
    // Near the limit each piece goes alone, so that an answer which oversteps it is cut between two pieces.
    const isNearLimit = reading.counted + events.length >= this.#maxTokens;
    for (const data of events) {
      const hadFinish = reading.finish;
      reading.take(this.#template.read(data));
      if (reading.finish !== hadFinish) this.#noteFinish();
      if (isNearLimit) this.#hand();
      if (this.#settled) return;
    }
    this.#hand();
    this.#judge('open');
  }

  /** From its finish reason on a server has LINGER_MS for its last words. */
  #noteFinish(): void {
    clearTimeout(this.#linger);
    this.#finishAt = this.#reading.finish === null ? null : performance.now();
    if (this.#finishAt !== null && !this.#settled) this.#linger = setTimeout(() => this.#endLinger(), LINGER_MS);
  }

  /** What a slow reader holds back is read before the server's time is over. A timer may fire a little before its time. */
  #endLinger(): void {
    if (this.#holding) return this.#noteFinish();
    this.#judge('open');
    if (!this.#settled) this.#linger = setTimeout(() => this.#endLinger(), 1);
  }

  #hand(): void {
    for (const piece of this.#reading.takeReady()) {
      const wait = this.#pump.push(piece);
      if (this.#pump.failed) return this.#fail('internal', 'the answer could not be handed on');
      if (wait !== undefined) this.#hold(wait);
    }
  }

  #hold(wait: Promise<void>): void {
    this.#holding = true;
    this.#life.hold(true);
    this.#call?.pause();
    void wait.then(() => {
      this.#holding = false;
      this.#life.hold(false);
      if (this.#finishAt !== null) this.#noteFinish();
      this.#call?.resume();
      if (this.#pump.failed) this.#fail('internal', 'the answer could not be handed on');
    });
  }

  #endOfBody(): void {
    if (this.#settled) return;
    if (this.#refusal) return this.#refuse(this.#refusal);
    const events = this.#body.end();
    if (events.length > 0) this.#readEvents(events);
    if (this.#body.isOneObject) this.#reading.endWhole();
    this.#judge('ended');
  }

  /** Ends the run where judgeEnd says that the answer is finished or broken. */
  #judge(body: Seen['body']): void {
    if (this.#settled) return;
    const { finish, isDone, hasAnswer, isAtLimit, errorJson } = this.#reading;
    // As after nearly every event.
    if (body === 'open' && finish === null && !isDone && errorJson === null) return;
    const sinceFinishMs = this.#finishAt === null ? 0 : performance.now() - this.#finishAt;
    const seen = { finish, isDone, hasAnswer, isAtLimit, sinceFinishMs, hasError: errorJson !== null, body };
    const verdict = judgeEnd(seen);
    if (verdict.end === 'finished') this.#complete(verdict.finish);
    if (verdict.end === 'broken') this.#settleError(this.#tellBroken(verdict.by));
  }

  #complete(reason: WholeFinish): void {
    for (const piece of this.#reading.takeRest(reason === 'length')) void this.#pump.push(piece);
    if (this.#pump.failed) this.#fail('internal', 'the answer could not be handed on');
    else this.#settle({ ...this.#counts(), reason });
  }

  #tellBroken(by: Extract<Verdict, { end: 'broken' }>['by']): BackendError {
    switch (by) {
      case 'error':
        return readErrorEvent(parseJson(this.#reading.errorJson ?? ''), this.#prompt);
      case 'gave-up':
        return { code: 'internal', message: 'the server gave the answer up' };
      case 'connection':
        return { code: 'unreachable', message: 'the connection to the server broke in mid-answer' };
      case 'nothing':
      case 'no-finish':
        return {
          code: 'internal',
          message: this.#reading.hasJunk
            ? 'the server sent what is not JSON, and ended its answer without a finish_reason'
            : 'the server ended its answer without a finish_reason',
        };
    }
  }

  #counts(): { promptTokens: number | null; outputTokens: number | null; hasThought: boolean } {
    return { ...this.#reading.usage, hasThought: this.#reading.hasThought };
  }

  /** Of a refusal's words as many are read as can say something. */
  #takeRefusal(chunk: Uint8Array, refusal: Refusal): void {
    refusal.parts.push(Buffer.from(chunk));
    refusal.bytes += chunk.length;
    if (refusal.bytes >= REFUSAL_BYTES) this.#refuse(refusal);
  }

  #refuse({ status: statusCode, headers, parts }: Refusal): void {
    const body = Buffer.concat(parts).toString('utf8');
    const location = statusCode === 307 || statusCode === 308 ? headers.location : undefined;
    const error = readRefusal(statusCode, body, this.#prompt);
    const retryMs = error.code === 'busy' ? readRetryAfter(headers, Date.now()) : null;
    this.#settle({
      ...this.#counts(),
      reason: 'error',
      error: retryMs === null ? error : { ...error, retryMs },
      ...(location === undefined ? {} : { location }),
    });
  }

  /** The connection broke. An answer whose finish_reason came is complete all the same. */
  #breakOff(error: Error & { code?: string }): void {
    if (this.#refusal) return this.#refuse({ ...this.#refusal, parts: [] });
    if (this.#isBegun) return this.#judge('broken');
    const stale = this.#call?.isReused === true && error.code === 'ECONNRESET';
    this.#settle({
      ...this.#counts(),
      reason: 'error',
      error: { code: 'unreachable', message: `the server does not answer (${error.code ?? error.message})` },
      ...(stale ? { stale } : {}),
    });
  }

  #fail(code: BackendError['code'], message: string): void {
    this.#settleError({ code, message });
  }

  #settleError(error: BackendError): void {
    this.#settle({ ...this.#counts(), reason: 'error', error });
  }

  /** The first end counts. A server that has come to its end keeps its connection; anything else drops it at once. */
  #settle(end: StreamEnd): void {
    if (this.#settled) return;
    this.#settled = true;
    if (end.reason === 'cancelled') this.#pump.stop();
    const isWhole = end.reason !== 'cancelled' && end.reason !== 'error';
    const hasLingered = this.#finishAt !== null && performance.now() - this.#finishAt >= LINGER_MS;
    // What is left of its body is read, so that the connection can serve the next job.
    if (isWhole && !hasLingered) this.#call?.letGo(KEEP_MS);
    else this.#call?.drop();
    this.#ended.resolve(end);
  }
}

/** 201 and 202 with an answer are answers. */
function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

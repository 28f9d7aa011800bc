// One streamed chat request to a local server, from its first byte to its Finish: reads, counts, watches the clock, holds back.

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { BackendError } from './backend.ts';
import type { DeltaPump } from './delta-pump.ts';
import { EventReader } from './event-reader.ts';
import { readSome } from './http-door.ts';
import { readBackendEvent, type BackendEvent } from './read-backend-event.ts';
import { readRefusal } from './read-refusal.ts';
import { openPromise } from './open-promise.ts';

export interface StreamEnd {
  readonly reason: 'stop' | 'length' | 'cancelled' | 'error';
  readonly promptTokens: number | null;
  /** The server's own count of shown tokens, null when it gave none. */
  readonly outputTokens: number | null;
  readonly error?: BackendError;
  /** The server thought where callers do not see it: its answer cannot be continued from the text alone. */
  readonly hasThought: boolean;
  /** A kept connection turned out to be closed before anything was answered: the same request may be sent again. */
  readonly stale?: true;
  /** Where a redirect leads that keeps the request as it is (307, 308). */
  readonly location?: string;
}

export interface StreamLimits {
  /** From the request to the first event. */
  readonly firstByteMs: number;
  /** Between two pieces of the answer, while the sink is not holding back. */
  readonly idleMs: number;
}

/** How long a finished response may linger before its connection is dropped instead of kept. */
const LINGER_MS = 1_000;

export class ChatStream {
  readonly #request: ClientRequest;
  readonly #pump: DeltaPump;
  readonly #limits: StreamLimits;
  readonly #ended = openPromise<StreamEnd>();
  readonly #reader = new EventReader();
  #response: IncomingMessage | undefined;
  #timer: NodeJS.Timeout | undefined;
  #seenAt = performance.now();
  #started = false;
  #holding = false;
  #settled = false;
  #counted = 0;
  #hiddenCounted = 0;
  #finish: 'stop' | 'length' | null = null;
  #usage: BackendEvent['usage'] = null;

  constructor(request: ClientRequest, pump: DeltaPump, limits: StreamLimits) {
    this.#request = request;
    this.#pump = pump;
    this.#limits = limits;
  }

  /** Settles once, when the answer is complete, broken or cancelled. An abort destroys the request at once. */
  async run(signal: AbortSignal): Promise<StreamEnd> {
    const abort = (): void => this.#settle({ ...this.#counts(), reason: 'cancelled' });
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    this.#request.on('response', (response) => this.#begin(response));
    this.#request.on('error', (error) => this.#breakOff(error));
    this.#timer = setTimeout(() => this.#watch(), this.#limits.firstByteMs);
    const end = await this.#ended.promise;
    signal.removeEventListener('abort', abort);
    clearTimeout(this.#timer);
    return end;
  }

  #begin(response: IncomingMessage): void {
    this.#response = response;
    if (response.statusCode !== 200) {
      void this.#refuse(response);
      return;
    }
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.on('end', () => this.#endOfBody());
    response.on('error', (error) => this.#breakOff(error));
  }

  #take(chunk: Buffer): void {
    if (this.#settled) return;
    this.#seenAt = performance.now();
    try {
      const events = this.#reader.feed(chunk);
      if (events.length > 0) this.#readEvents(events);
    } catch {
      this.#fail('internal', 'the server sent a line that is longer than 1 MiB');
    }
  }

  /** Text of events that came together becomes one delta: what costs is the handing over, not the bytes. */
  #readEvents(events: readonly string[]): void {
    this.#started = true;
    let text = '';
    let tokens = 0;
    let last: BackendEvent | undefined;
    for (const data of events) {
      last = readBackendEvent(data);
      if (last.text !== '') {
        text += last.text;
        tokens += 1;
      } else if (last.hidden) this.#hiddenCounted += 1;
      this.#finish = last.finish ?? this.#finish;
      this.#usage = last.usage ?? this.#usage;
      if (last.done || last.error !== null) break;
    }
    if (text !== '') this.#hand(text, tokens);
    if (last?.error != null) this.#fail('internal', last.error);
    else if (last?.done === true) this.#complete();
  }

  #hand(text: string, chunks: number): void {
    const tokens = this.#tokensOf(chunks);
    this.#counted += tokens;
    const wait = this.#pump.push({ text, tokens });
    if (this.#pump.failed) this.#fail('internal', 'the answer could not be handed on');
    else if (wait !== undefined) this.#hold(wait);
  }

  /** A chunk counts as one token, unless the server keeps a running count in every chunk. */
  #tokensOf(chunks: number): number {
    const running = this.#usage === null ? 0 : this.#usage.outputTokens - this.#hiddenTokens() - this.#counted;
    return this.#finish === null && running > 0 ? running : chunks;
  }

  #hiddenTokens(): number {
    return this.#usage?.hiddenTokens ?? this.#hiddenCounted;
  }

  #hold(wait: Promise<void>): void {
    this.#holding = true;
    this.#response?.pause();
    void wait.then(() => {
      this.#holding = false;
      this.#seenAt = performance.now();
      this.#response?.resume();
      if (this.#pump.failed) this.#fail('internal', 'the answer could not be handed on');
    });
  }

  #endOfBody(): void {
    if (this.#settled) return;
    const events = this.#reader.end();
    if (events.length > 0) this.#readEvents(events);
    this.#complete();
  }

  #complete(): void {
    if (this.#finish === null) return this.#fail('internal', 'the server ended its answer without a finish_reason');
    this.#settle({ ...this.#counts(), reason: this.#finish });
  }

  #counts(): { promptTokens: number | null; outputTokens: number | null; hasThought: boolean } {
    const hasThought = this.#hiddenTokens() > 0;
    if (this.#usage === null) return { promptTokens: null, outputTokens: null, hasThought };
    return {
      hasThought,
      promptTokens: this.#usage.promptTokens,
      outputTokens: Math.max(0, this.#usage.outputTokens - this.#hiddenTokens()),
    };
  }

  /** Called when a limit may have passed; sets itself again for what is left, so that chunks cost no timer. */
  #watch(): void {
    const limitMs = this.#started ? this.#limits.idleMs : this.#limits.firstByteMs;
    const leftMs = this.#holding ? limitMs : this.#seenAt + limitMs - performance.now();
    if (leftMs > 0) this.#timer = setTimeout(() => this.#watch(), leftMs);
    else
      this.#fail(
        'unreachable',
        this.#started ? `the server fell silent for ${limitMs} ms` : `the server said nothing within ${limitMs} ms`,
      );
  }

  async #refuse(response: IncomingMessage): Promise<void> {
    const body = await readSome(response, 16_384).catch(() => '');
    const { statusCode = 0, headers } = response;
    const location = statusCode === 307 || statusCode === 308 ? headers.location : undefined;
    this.#settle({
      ...this.#counts(),
      reason: 'error',
      error: readRefusal(statusCode, body),
      ...(location === undefined ? {} : { location }),
    });
  }

  /** The connection broke. An answer whose finish_reason came is complete all the same. */
  #breakOff(error: Error & { code?: string }): void {
    if (this.#finish !== null) return this.#complete();
    const unanswered = this.#response === undefined;
    const stale = unanswered && this.#request.reusedSocket && error.code === 'ECONNRESET';
    const message = unanswered
      ? `the server does not answer (${error.code ?? error.message})`
      : 'the connection to the server broke in mid-answer';
    this.#settle({
      ...this.#counts(),
      reason: 'error',
      error: { code: 'unreachable', message },
      ...(stale ? { stale } : {}),
    });
  }

  #fail(code: BackendError['code'], message: string): void {
    this.#settle({ ...this.#counts(), reason: 'error', error: { code, message } });
  }

  /** The first end counts. Anything but a complete answer drops the connection at once. */
  #settle(end: StreamEnd): void {
    if (this.#settled) return;
    this.#settled = true;
    if (end.reason === 'cancelled') this.#pump.stop();
    if (end.reason === 'stop' || end.reason === 'length') this.#letGo();
    else this.#request.destroy();
    this.#ended.resolve(end);
  }

  /** Reads on to the end of the body, so that the connection can serve the next job. */
  #letGo(): void {
    const timer = setTimeout(() => this.#request.destroy(), LINGER_MS);
    timer.unref();
    this.#request.on('close', () => clearTimeout(timer));
    this.#response?.resume();
  }
}

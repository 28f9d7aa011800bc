// One request to a local server whose answer is read whole, within bounds: status and text, or why there is none.

import type { BackendError } from './backend.ts';
import type { ChatCall, ChatEar } from './chat-lines.ts';
import type { AnswerHeaders } from './http-answer.ts';
import type { LifeWatch } from './life-watch.ts';
import { openPromise } from './open-promise.ts';
import { readRefusal } from './read-refusal.ts';
import { readRetryAfter } from './read-retry-after.ts';

export interface WholeEnd {
  /** The answer's body; null where there is none, and no error either where the call was left. */
  readonly text: string | null;
  readonly error?: BackendError;
  /** A kept connection turned out to be closed before anything was answered: the same request may be sent again. */
  readonly stale?: true;
  /** Where a redirect leads that keeps the request as it is (307, 308). */
  readonly location?: string;
}

interface WholeTerms {
  readonly life: LifeWatch;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
  /** What the server is given, so that its words quote none of it. */
  readonly prompt: readonly string[];
}

/** Words of a refusal that are read. */
const REFUSAL_BYTES = 16_384;

/** Settles once; an abort drops the request at once. `open` sends it. */
export async function callWhole(open: (ear: ChatEar) => ChatCall, terms: WholeTerms): Promise<WholeEnd> {
  const { life, signal } = terms;
  const ended = openPromise<WholeEnd>();
  const reading = new WholeReading(terms);
  const call: ChatCall = open({
    onHead: (status, headers) => reading.begin(status, headers),
    onBody: (bytes) => {
      life.hear();
      const end = reading.take(bytes);
      if (end) ended.resolve(end);
    },
    onEnd: () => ended.resolve(reading.end()),
    onBreak: (error) => ended.resolve(reading.breakOff(error, call.isReused)),
  });
  const abort = (): void => ended.resolve({ text: null });
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  life.attend((ms) => ended.resolve(failed('unreachable', `the server gave no sign of life for ${ms} ms`)));
  const end = await ended.promise;
  signal.removeEventListener('abort', abort);
  life.rest();
  if (!reading.isOver) call.drop();
  return end;
}

class WholeReading {
  readonly #terms: WholeTerms;
  readonly #parts: Buffer[] = [];
  #bytes = 0;
  #head: { readonly status: number; readonly headers: AnswerHeaders } | null = null;
  /** All of it was read: its connection may serve another. */
  isOver = false;

  constructor(terms: WholeTerms) {
    this.#terms = terms;
  }

  begin(status: number, headers: AnswerHeaders): void {
    this.#head = { status, headers };
  }

  /** The end where no more of it is wanted. The bytes are the caller's again afterwards. */
  take(bytes: Uint8Array): WholeEnd | null {
    this.#parts.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
    if (!this.#isGood) return this.#bytes >= REFUSAL_BYTES ? this.#refuse() : null;
    const { maxBytes } = this.#terms;
    return this.#bytes > maxBytes ? failed('internal', `the server sent more than ${maxBytes} bytes`) : null;
  }

  end(): WholeEnd {
    this.isOver = true;
    return this.#isGood ? { text: this.#text() } : this.#refuse();
  }

  breakOff(error: Error & { readonly code?: string }, isReused: boolean): WholeEnd {
    this.isOver = true;
    if (this.#head && !this.#isGood) return this.#refuse();
    if (this.#head) return failed('unreachable', 'the connection to the server broke in mid-answer');
    const end = failed('unreachable', `the server does not answer (${error.code ?? error.message})`);
    return isReused && error.code === 'ECONNRESET' ? { ...end, stale: true } : end;
  }

  get #isGood(): boolean {
    const status = this.#head?.status ?? 0;
    return status >= 200 && status < 300;
  }

  #text(): string {
    return Buffer.concat(this.#parts).toString('utf8');
  }

  #refuse(): WholeEnd {
    const { status = 0, headers = {} } = this.#head ?? {};
    const error = readRefusal(status, this.#text(), this.#terms.prompt);
    const retryMs = error.code === 'busy' ? readRetryAfter(headers, Date.now()) : null;
    const { location } = headers;
    const isMoved = (status === 307 || status === 308) && location !== undefined;
    return {
      text: null,
      error: retryMs === null ? error : { ...error, retryMs },
      ...(isMoved ? { location } : {}),
    };
  }
}

function failed(code: BackendError['code'], message: string): WholeEnd {
  return { text: null, error: { code, message } };
}

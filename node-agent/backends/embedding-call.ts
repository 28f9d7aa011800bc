// One request for embeddings to a local server, from its first byte to its last: the answer is read whole, within bounds, and given on as one piece or not at all.

import { encodeBase64 } from '../../schema/base64.ts';
import { parseJson } from '../../schema/json.ts';
import { packVectors } from '../../schema/vectors.ts';
import type { BackendError, EmbeddingJob } from './backend.ts';
import type { ChatCall, ChatEar } from './chat-lines.ts';
import type { AnswerHeaders } from './http-answer.ts';
import type { LifeWatch } from './life-watch.ts';
import { openPromise } from './open-promise.ts';
import { readEmbeddings } from './read-embeddings.ts';
import { readRefusal } from './read-refusal.ts';
import { readRetryAfter } from './read-retry-after.ts';

export interface EmbeddingEnd {
  /** All vectors as they travel; null where there are none. */
  readonly text: string | null;
  readonly promptTokens: number | null;
  readonly error?: BackendError;
  /** A kept connection turned out to be closed before anything was answered: the same request may be sent again. */
  readonly stale?: true;
  /** Where a redirect leads that keeps the request as it is (307, 308). */
  readonly location?: string;
}

/** As many numbers as an answer may hold, written with all their digits. */
const ANSWER_BYTES = 24 * 1024 * 1024;
/** Words of a refusal that are read. */
const REFUSAL_BYTES = 16_384;

const CANCELLED: EmbeddingEnd = { text: null, promptTokens: null };

/** Sends the job and settles once; an abort drops the request at once. `open` sends it. */
export async function callEmbedding(
  job: EmbeddingJob,
  open: (ear: ChatEar) => ChatCall,
  { life, signal }: { readonly life: LifeWatch; readonly signal: AbortSignal },
): Promise<EmbeddingEnd> {
  const ended = openPromise<EmbeddingEnd>();
  const reading = new EmbeddingReading(job);
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
  const abort = (): void => ended.resolve(CANCELLED);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  life.attend((ms) => ended.resolve(failed('unreachable', `the server gave no sign of life for ${ms} ms`)));
  const end = await ended.promise;
  signal.removeEventListener('abort', abort);
  life.rest();
  if (!reading.isOver) call.drop();
  return end;
}

/** What has come of the answer. */
class EmbeddingReading {
  readonly #job: EmbeddingJob;
  readonly #parts: Buffer[] = [];
  #bytes = 0;
  #head: { readonly status: number; readonly headers: AnswerHeaders } | null = null;
  /** All of it was read: its connection may serve another. */
  isOver = false;

  constructor(job: EmbeddingJob) {
    this.#job = job;
  }

  begin(status: number, headers: AnswerHeaders): void {
    this.#head = { status, headers };
  }

  /** The end where no more of it is wanted. The bytes are the caller's again afterwards. */
  take(bytes: Uint8Array): EmbeddingEnd | null {
    this.#parts.push(Buffer.from(bytes));
    this.#bytes += bytes.length;
    if (!this.#isGood && this.#bytes >= REFUSAL_BYTES) return this.#refuse();
    return this.#bytes > ANSWER_BYTES ? failed('internal', 'the server sent more than 24 MiB of embeddings') : null;
  }

  end(): EmbeddingEnd {
    this.isOver = true;
    if (!this.#isGood) return this.#refuse();
    const read = readEmbeddings(parseJson(this.#text()), this.#job);
    if (!read.ok) return { text: null, promptTokens: null, error: read.error };
    return { text: encodeBase64(packVectors(read.value.vectors)), promptTokens: read.value.promptTokens };
  }

  breakOff(error: Error & { readonly code?: string }, isReused: boolean): EmbeddingEnd {
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

  #refuse(): EmbeddingEnd {
    const { status = 0, headers = {} } = this.#head ?? {};
    const error = readRefusal(status, this.#text(), this.#job.inputs);
    const retryMs = error.code === 'busy' ? readRetryAfter(headers, Date.now()) : null;
    const { location } = headers;
    const isMoved = (status === 307 || status === 308) && location !== undefined;
    return {
      text: null,
      promptTokens: null,
      error: retryMs === null ? error : { ...error, retryMs },
      ...(isMoved ? { location } : {}),
    };
  }
}

function failed(code: BackendError['code'], message: string): EmbeddingEnd {
  return { text: null, promptTokens: null, error: { code, message } };
}

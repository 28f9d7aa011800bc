// One call of a churn run as its caller sees it: streamed or whole, with every pause between its pieces and how it ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { readContent } from '../../schema/read-chunks.ts';
import type { FinalFacts, Usage } from '../../schema/chunks.ts';

/** Where calls go. */
export interface CallDoor {
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
}

/** What is asked: the same question has the same undisturbed answer. */
export interface Question {
  readonly content: string;
  readonly temperature: number;
  readonly seed: number;
  readonly maxTokens: number;
}

export interface CallOptions {
  readonly isStreamed: boolean;
  /** Where the caller is: `lat,lon,CC`. */
  readonly place: string;
}

/** What one call came to. */
export interface Called {
  readonly isStreamed: boolean;
  /** Null where none was opened. */
  readonly job: string | null;
  readonly text: string;
  /** True for [DONE], or a whole JSON answer. */
  readonly isDone: boolean;
  /** The error that the caller was told in its place. */
  readonly error: string | null;
  /** HTTP status of the last try. */
  readonly status: number;
  /** Times that the caller was told to come again before anything began. */
  readonly refusals: number;
  readonly facts: FinalFacts | null;
  readonly usage: Usage | null;
  /** Pauses between reads that brought text, ms; none for a whole answer. */
  readonly gapsMs: readonly number[];
}

/** A caller who is told to come again does so this often at most. */
const MOST_TRIES = 20;
const CALL_LIMIT_MS = 180_000;
const LONGEST_WAIT_MS = 5000;

/** Never rejects: what went wrong is told in what comes back. */
export async function call(door: CallDoor, question: Question, options: CallOptions): Promise<Called> {
  const nothing = {
    isStreamed: options.isStreamed,
    job: null,
    text: '',
    isDone: false,
    facts: null,
    usage: null,
    gapsMs: [],
  };
  for (let refusals = 0; ; refusals++) {
    try {
      const response = await send(door, question, options);
      const job = response.headers.get('x-irori-job');
      if (response.status === 200)
        return { ...nothing, job, ...(await read(response, options.isStreamed)), refusals, status: 200 };
      const error = await readError(response);
      const isOver = (response.status !== 429 && response.status !== 503) || refusals >= MOST_TRIES;
      if (isOver) return { ...nothing, error, refusals, status: response.status };
      const retryAfterMs = 1000 * Number(response.headers.get('retry-after') ?? 1);
      await sleep(Math.min(LONGEST_WAIT_MS, retryAfterMs));
    } catch (error) {
      return { ...nothing, error: String(error), refusals, status: 0 };
    }
  }
}

function send(door: CallDoor, question: Question, { isStreamed, place }: CallOptions): Promise<Response> {
  return fetch(`${door.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${door.apiKey}`,
      'content-type': 'application/json',
      'x-irori-place': place,
    },
    body: JSON.stringify({
      model: door.model,
      messages: [{ role: 'user', content: question.content }],
      temperature: question.temperature,
      seed: question.seed,
      max_tokens: question.maxTokens,
      stream: isStreamed,
      ...(isStreamed ? { stream_options: { include_usage: true } } : {}),
    }),
    signal: AbortSignal.timeout(CALL_LIMIT_MS),
  });
}

type Read = Pick<Called, 'text' | 'isDone' | 'error' | 'facts' | 'usage' | 'gapsMs'>;

async function read(response: Response, isStreamed: boolean): Promise<Read> {
  if (isStreamed) return readStream(response);
  const whole = (await response.json()) as {
    choices: { message: { content: string } }[];
    usage: Usage;
    irori: FinalFacts;
  };
  const text = whole.choices[0]?.message.content ?? '';
  return { text, isDone: true, error: null, facts: whole.irori, usage: whole.usage, gapsMs: [] };
}

async function readStream(response: Response): Promise<Read> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const gapsMs: number[] = [];
  let all = '';
  let lastAt: number | null = null;
  for await (const bytes of response.body ?? []) {
    const piece = decoder.decode(bytes, { stream: true });
    all += piece;
    if (!piece.includes('"content"')) continue;
    const now = performance.now();
    if (lastAt !== null) gapsMs.push(now - lastAt);
    lastAt = now;
  }
  const last = findLast(all);
  return { text: readContent(all), isDone: all.endsWith('data: [DONE]\n\n'), gapsMs, ...last };
}

/** What the last events of a stream say. */
function findLast(events: string): Pick<Read, 'error' | 'facts' | 'usage'> {
  let last: Pick<Read, 'error' | 'facts' | 'usage'> = { error: null, facts: null, usage: null };
  for (const event of events.split('\n\n')) {
    if (!event.startsWith('data: {')) continue;
    const chunk = JSON.parse(event.slice(6)) as { error?: { message: string }; irori?: FinalFacts; usage?: Usage };
    last = {
      error: chunk.error?.message ?? last.error,
      facts: chunk.irori ?? last.facts,
      usage: chunk.usage ?? last.usage,
    };
  }
  return last;
}

async function readError(response: Response): Promise<string> {
  const json = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  return json?.error?.message ?? `status ${response.status}`;
}

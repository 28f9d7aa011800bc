// One call of somebody at the network that is attacked, read strictly: streamed or whole, by bare fetch.
import { measureOvercharge, readStrictly } from './read-strictly.ts';
import type { StrictRead } from './read-strictly.ts';
import type { FinalFacts } from '../../../schema/chunks.ts';

/** Who asks where. */
export interface CallDoor {
  readonly url: string;
  readonly apiKey: string;
}

export interface CallAsk {
  readonly model: string;
  /** The catalogue's, or null: then prompts and texts are worth what the densest tokenizer makes of them. */
  readonly tokenizer: string | null;
  readonly prompt: string;
  readonly maxTokens: number;
  /** `lat,lon,CC` */
  readonly place: string;
  /** More fields of the body. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** What one call came to. */
export interface Called {
  /** 0 where no answer came at all. */
  readonly status: number;
  /** True for a whole answer with its proper end. */
  readonly isAnswered: boolean;
  /** Why not, for people. */
  readonly why: string | null;
  /** The longest wait for text in a stream. */
  readonly delayMs: number;
  readonly tookMs: number;
  readonly node: string | null;
  readonly text: string;
  /** What only a forger says; empty of an honest answer. */
  readonly faults: readonly string[];
  /** Units. */
  readonly overcharge: number;
  readonly outputTokens: number;
}

const CALL_LIMIT_MS = 20_000;
const NOTHING = { isAnswered: false, node: null, text: '', faults: [], overcharge: 0, outputTokens: 0 };

/** A streamed answer. Never rejects; `signal` hangs up. */
export async function callStream(door: CallDoor, ask: CallAsk, signal?: AbortSignal): Promise<Called> {
  const startedAt = performance.now();
  const clock = { startedAt, lastAt: startedAt, longestMs: 0 };
  try {
    return await withinLimit(signal, async (limit) => {
      const response = await send(door, ask, { stream: true, stream_options: { include_usage: true } }, limit);
      if (response.status !== 200) return tellRefusal(response, clock);
      const bytes = await readBody(response, clock);
      return tellStream(readStrictly(bytes, ask.model), ask, clock);
    });
  } catch (error) {
    return { ...NOTHING, status: 0, why: String(error), ...measureClock(clock) };
  }
}

interface WholeBody {
  readonly choices?: readonly { readonly message?: { readonly content?: string }; readonly finish_reason?: string }[];
  readonly usage?: { readonly completion_tokens: number };
  readonly irori?: FinalFacts;
  readonly error?: { readonly message: string };
}

/** An answer in one piece. Never rejects; `signal` hangs up. Its delay is what it took longer than its tokens take at `msPerToken`. */
export async function callWhole(
  door: CallDoor,
  ask: CallAsk & { readonly msPerToken: number },
  signal?: AbortSignal,
): Promise<Called> {
  const startedAt = performance.now();
  const clock = { startedAt, lastAt: startedAt, longestMs: 0 };
  try {
    return await withinLimit(signal, async (limit) => {
      const response = await send(door, ask, { stream: false }, limit);
      if (response.status !== 200) return tellRefusal(response, clock);
      return tellWhole((await response.json()) as WholeBody, ask, performance.now() - startedAt);
    });
  } catch (error) {
    return { ...NOTHING, status: 0, why: String(error), ...measureClock(clock) };
  }
}

function tellWhole(body: WholeBody, ask: CallAsk & { readonly msPerToken: number }, tookMs: number): Called {
  const text = body.choices?.[0]?.message?.content ?? '';
  const outputTokens = body.usage?.completion_tokens ?? 0;
  const isAnswered = text !== '' && body.choices?.[0]?.finish_reason !== undefined;
  return {
    status: 200,
    isAnswered,
    why: isAnswered ? null : (body.error?.message ?? 'an empty answer'),
    delayMs: Math.max(0, tookMs - outputTokens * ask.msPerToken),
    tookMs,
    node: body.irori?.node ?? null,
    text,
    faults: [],
    overcharge: measureOvercharge({ text, facts: body.irori ?? null }, ask),
    outputTokens,
  };
}

/** Runs a call with a signal that fires when its time is over, and with the caller's own. */
export async function withinLimit<T>(
  signal: AbortSignal | undefined,
  run: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error('no end in time')), CALL_LIMIT_MS);
  signal?.addEventListener('abort', () => limit.abort(signal.reason), { once: true });
  if (signal?.aborted) limit.abort(signal.reason);
  try {
    return await run(limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

interface Clock {
  readonly startedAt: number;
  lastAt: number;
  longestMs: number;
}

function measureClock(clock: Clock): { delayMs: number; tookMs: number } {
  const now = performance.now();
  return { delayMs: Math.max(clock.longestMs, now - clock.lastAt), tookMs: now - clock.startedAt };
}

function send(door: CallDoor, ask: CallAsk, form: object, signal: AbortSignal): Promise<Response> {
  return fetch(`${door.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${door.apiKey}`,
      'content-type': 'application/json',
      'x-irori-place': ask.place,
    },
    body: JSON.stringify({
      model: ask.model,
      messages: [{ role: 'user', content: ask.prompt }],
      max_tokens: ask.maxTokens,
      ...form,
      ...ask.more,
    }),
    signal,
  });
}

async function tellRefusal(response: Response, clock: Clock): Promise<Called> {
  const text = (await response.text()).slice(0, 400);
  return { ...NOTHING, status: response.status, text, why: `${response.status} ${text}`, ...measureClock(clock) };
}

async function readBody(response: Response, clock: Clock): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of response.body ?? []) {
    pieces.push(bytes);
    if (!Buffer.from(bytes).includes('"content":"')) continue;
    const now = performance.now();
    clock.longestMs = Math.max(clock.longestMs, now - clock.lastAt);
    clock.lastAt = now;
  }
  return Buffer.concat(pieces);
}

function tellStream(read: StrictRead, ask: CallAsk, clock: Clock): Called {
  const isAnswered = read.isDone && read.error === null && read.text !== '' && read.faults.length === 0;
  const told = read.error ?? (read.isDone ? 'an answer that is none' : 'ended without a word');
  return {
    status: 200,
    isAnswered,
    why: isAnswered ? null : [told, ...read.faults].join('; '),
    ...measureClock(clock),
    node: read.facts?.node ?? null,
    text: read.text,
    faults: read.faults,
    overcharge: measureOvercharge(read, ask),
    outputTokens: read.usage?.completion_tokens ?? 0,
  };
}

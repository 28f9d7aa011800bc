// One measured call of a chat API over a kept connection: when its tokens came, and whether the answer was whole.
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { TokenCounter } from './token-counter.ts';

/** Where calls go. */
export interface Door {
  /** Ends in /v1. */
  readonly endpoint: string;
  readonly apiKey: string;
}

export interface Call {
  readonly model: string;
  readonly stream: boolean;
  /** Tokens that the answer must have. */
  readonly tokens: number;
}

/** What one call came to. Times in ms; a streamed answer's gaps lie between reads that brought tokens, tokens that came together are 0 apart. */
export interface Asked {
  /** Why the answer was not whole, or null. */
  readonly fault: string | null;
  readonly ttftMs: number;
  readonly totalMs: number;
  readonly gapsMs: readonly number[];
  readonly tokens: number;
  readonly headers: IncomingMessage['headers'];
}

/** Makes a request body of about 1 KB. */
const PROMPT = 'p'.repeat(830);
const CALL_LIMIT_MS = 30_000;

/** Connections of one target, kept open. */
export function openConnections(): Agent {
  return new Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' });
}

/** Never rejects: what went wrong is the `fault`. */
export function ask(door: Door, connections: Agent, call: Call): Promise<Asked> {
  const body = JSON.stringify({
    model: call.model,
    stream: call.stream,
    ...(call.stream ? { stream_options: { include_usage: true } } : {}),
    messages: [{ role: 'user', content: PROMPT }],
  });
  const headers = {
    authorization: `Bearer ${door.apiKey}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve) => {
    const asking = new Asking(call, resolve);
    const sent = request(`${door.endpoint}/chat/completions`, { method: 'POST', agent: connections, headers });
    sent.setTimeout(CALL_LIMIT_MS, () => sent.destroy(new Error('no answer in time')));
    sent.on('response', (response) => asking.read(response));
    sent.on('error', (error) => asking.finish(error.message));
    sent.end(body);
  });
}

class Asking {
  readonly #call: Call;
  readonly #resolve: (asked: Asked) => void;
  readonly #counter: TokenCounter;
  readonly #gapsMs: number[] = [];
  readonly #startedAt = performance.now();
  #headers: IncomingMessage['headers'] = {};
  #status = 0;
  #ttftMs = Number.NaN;
  #lastAt = 0;

  constructor(call: Call, resolve: (asked: Asked) => void) {
    this.#call = call;
    this.#resolve = resolve;
    this.#counter = new TokenCounter(call.tokens);
  }

  read(response: IncomingMessage): void {
    this.#status = response.statusCode ?? 0;
    this.#headers = response.headers;
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.on('end', () => this.finish(null));
    response.on('error', (error) => this.finish(error.message));
  }

  #take(chunk: Buffer): void {
    const found = this.#counter.push(chunk);
    if (found === 0) return;
    const now = performance.now();
    if (Number.isNaN(this.#ttftMs)) this.#ttftMs = now - this.#startedAt;
    else this.#gapsMs.push(now - this.#lastAt);
    for (let i = 1; i < found; i++) this.#gapsMs.push(0);
    this.#lastAt = now;
  }

  finish(fault: string | null): void {
    this.#resolve({
      fault: fault ?? this.#findFault(),
      ttftMs: this.#ttftMs,
      totalMs: performance.now() - this.#startedAt,
      gapsMs: this.#gapsMs,
      tokens: this.#counter.tokens,
      headers: this.#headers,
    });
  }

  #findFault(): string | null {
    const { tokens, stream } = this.#call;
    if (this.#status !== 200) return `status ${this.#status}`;
    if (this.#counter.tokens !== tokens) return 'wrong token count';
    const end = this.#counter.end();
    if (!end.includes(`"completion_tokens":${tokens},`)) return 'no usage, or a wrong one';
    return stream && !end.endsWith('data: [DONE]\n\n') ? 'no [DONE]' : null;
  }
}

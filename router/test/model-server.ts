// The one model server that stands in for all others, in tests and benches of both ends: OpenAI-shaped, on loopback, and as long, slow or
// broken as a name says. The server's own `behaviour` comes first, then a last message that starts with `say-`, then the model's name.
//   say-<tokens>x<gapMs>[-think<k>][-die<k>][-wait<ms>][-hide<ms>][-status<code>][-hang<k>][-wide][-torn][-fat<n>]   e.g. say-20x5, say-100x10-die3
// think: k tokens of thinking before the text · die: cut the connection after k tokens · hang: fall silent after k tokens · wait: before the first byte · wide: multi-byte text ·
// hide: so long of thinking that it does not show, as pieces without text ·
// torn: each event in two writes, cut inside a character · fat: n letters more in each token.
// A request that ends with an assistant's text and asks to go on with it gets the words that follow. Where `isContinuing` was asked for the
// server passes for vLLM, so that agents know that it can.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

/** What the server saw of one request. */
export interface SeenRequest {
  readonly body: Record<string, unknown>;
  sent: number;
  /** When the other side hung up before the end, ms since epoch. */
  abortedAt: number | null;
  isFinished: boolean;
}

export interface ModelServer {
  readonly port: number;
  /** Ends in /v1. */
  readonly url: string;
  readonly seen: SeenRequest[];
  /** When set, how every answer goes, whatever is asked. */
  behaviour: string | null;
  /** The Retry-After of what is refused; null for none. */
  retryAfter: string | null;
  /** While false every request is dropped at once. */
  isUp: boolean;
  /** While true it takes what comes and answers nothing but the answers that have begun, as one that hangs. */
  isFrozen: boolean;
  stop(): Promise<void>;
}

export interface ModelServerOptions {
  readonly isContinuing?: boolean;
  /** The models it lists. */
  readonly models?: readonly string[];
  /** What it counts of every prompt. */
  readonly promptTokens?: number;
  /** Whether requests for a model are remembered; where so many are asked that not all can be. All of them by default. */
  readonly isRemembered?: (model: string) => boolean;
}

interface Plan {
  readonly tokens: number;
  readonly think: number;
  readonly gapMs: number;
  readonly die: number;
  readonly hang: number;
  readonly wait: number;
  readonly hide: number;
  readonly status: number;
  readonly word: string;
  readonly isTorn: boolean;
}

const CUT_AFTER_MS = 20;
const HIDE_STEP_MS = 200;
/** Characters of three and four bytes. */
export const WIDE = '囲炉裏🔥';
/** Each token is this and its number; it stands nowhere else in an answer. */
export const WORD = ' word';

/** Each token of thinking is this and its number. */
const THOUGHT = ' hm';

/** The first `count` tokens of an answer. */
export function words(count: number, word = WORD): string {
  return Array.from({ length: count }, (_, i) => `${word}${i}`).join('');
}

/** The first `count` tokens of thinking. */
export function thoughts(count: number): string {
  return words(count, THOUGHT);
}

/** Starts the server on a free port. */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const { isContinuing = false, models = ['say-8x0'], promptTokens = 7, isRemembered = () => true } = options;
  const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (request, response) => {
    if (!model.isUp) return void request.socket.destroy();
    if (model.isFrozen) return;
    if (request.method === 'POST') return void readBody(request).then((body) => answer(response, body));
    if (isContinuing && request.url === '/version') return sendJson(response, 200, { version: '0.0.0-test' });
    const status = request.url?.startsWith('/v1/models') ? 200 : 404;
    sendJson(response, status, { object: 'list', data: models.map((id) => ({ id, object: 'model' })) });
  });
  const answer = async (response: ServerResponse, body: Record<string, unknown>): Promise<void> => {
    // What an agent asks at its start: it can do nothing beside text.
    if (JSON.stringify(body).includes('home agent of Irori')) return sendJson(response, 404, { error: 'not found' });
    const plan = parsePlan(model.behaviour ?? readPrompt(body) ?? String(body['model']));
    const record: SeenRequest = { body, sent: 0, abortedAt: null, isFinished: false };
    if (isRemembered(String(body['model']))) model.seen.push(record);
    response.on('close', () => {
      if (!record.isFinished) record.abortedAt = Date.now();
    });
    const { retryAfter } = model;
    await new Answer({ response, plan, record, promptTokens, retryAfter }).give();
  };
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/v1`;
  const model: ModelServer = {
    port,
    url,
    seen: [],
    behaviour: null,
    retryAfter: null,
    isUp: true,
    isFrozen: false,
    stop: () => close(server),
  };
  return model;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** One answer as planned. */
class Answer {
  readonly #response: ServerResponse;
  readonly #plan: Plan;
  readonly #record: SeenRequest;
  /** The first token of this answer, and how many of its characters are there already. */
  readonly #from: number;
  readonly #chars: number;
  /** Tokens of thinking before the text. */
  readonly #thoughts: number;
  /** The token before which it ends. */
  readonly #limit: number;
  readonly #promptTokens: number;
  readonly #retryAfter: string | null;

  constructor(made: {
    response: ServerResponse;
    plan: Plan;
    record: SeenRequest;
    promptTokens: number;
    retryAfter: string | null;
  }) {
    const { body } = made.record;
    const { from, chars } = findPlace(readGiven(body), made.plan.word);
    this.#response = made.response;
    this.#plan = made.plan;
    this.#record = made.record;
    this.#from = from;
    this.#chars = chars;
    const { think, tokens } = made.plan;
    const most = Number(body['max_tokens'] ?? think + tokens);
    this.#thoughts = Math.min(think, most);
    this.#limit = Math.min(tokens, from + most - this.#thoughts);
    this.#promptTokens = made.promptTokens + from;
    this.#retryAfter = made.retryAfter;
  }

  async give(): Promise<void> {
    const { wait, status } = this.#plan;
    if (wait > 0) await sleep(wait);
    if (status !== 200) {
      const error = { message: 'as asked', type: 'test', code: String(status) };
      if (this.#retryAfter !== null) this.#response.setHeader('retry-after', this.#retryAfter);
      return sendJson(this.#response, status, { error });
    }
    if (this.#record.body['stream'] !== true) return this.#giveWhole();
    this.#response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    this.#response.flushHeaders();
    await this.#hide();
    if ((await this.#stream()) && this.#record.abortedAt === null) this.#end();
  }

  async #hide(): Promise<void> {
    for (let left = this.#plan.hide; left > 0 && this.#record.abortedAt === null; left -= HIDE_STEP_MS) {
      this.#response.write(toEvent({ choices: [{ index: 0, delta: { content: '' }, finish_reason: null }] }));
      await sleep(HIDE_STEP_MS);
    }
  }

  #giveWhole(): void {
    const content = Array.from({ length: this.#limit - this.#from }, (_, i) => this.#token(this.#from + i)).join('');
    const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: this.#finish }];
    this.#record.isFinished = true;
    sendJson(this.#response, 200, { id: 'x', object: 'chat.completion', created: 1, choices, usage: this.#usage });
  }

  /** False where it is not to end properly. Each token is a write of its own, and comes when it is due however late the last one was. */
  async #stream(): Promise<boolean> {
    const { die, hang, gapMs } = this.#plan;
    const startedAt = performance.now();
    const begin = this.#from - this.#thoughts;
    for (let i = begin; i < this.#limit && this.#record.abortedAt === null; i++) {
      const at = i + this.#thoughts;
      if (at === die) await this.#cut();
      if (at === die || at === hang) return false;
      const hasRoom = i < this.#from ? this.#think(i - begin) : await this.#say(this.#token(i));
      this.#record.sent++;
      const waitMs = startedAt + (i + 1 - begin) * gapMs - performance.now();
      if (!hasRoom) await drained(this.#response);
      else if (waitMs > 0) await sleep(waitMs);
      else await setImmediate();
    }
    return true;
  }

  #token(i: number): string {
    return `${this.#plan.word}${i}`.slice(i === this.#from ? this.#chars : 0);
  }

  /** Not at once: what was said before is to arrive. */
  async #cut(): Promise<void> {
    await sleep(CUT_AFTER_MS);
    this.#record.isFinished = true;
    this.#response.destroy();
  }

  #think(i: number): boolean {
    const delta = { content: '', reasoning_content: `${THOUGHT}${i}` };
    return this.#response.write(toEvent({ choices: [{ index: 0, delta, finish_reason: null }] }));
  }

  async #say(content: string): Promise<boolean> {
    const event = `${BEFORE}${content}${AFTER}`;
    if (!this.#plan.isTorn) return this.#response.write(event);
    const bytes = Buffer.from(event);
    const cutAt = bytes.indexOf(WIDE) + 1;
    if (cutAt > 0) {
      this.#response.write(bytes.subarray(0, cutAt));
      await sleep(1);
    }
    return this.#response.write(bytes.subarray(cutAt));
  }

  #end(): void {
    this.#record.isFinished = true;
    this.#response.write(toEvent({ choices: [{ index: 0, delta: {}, finish_reason: this.#finish }] }));
    this.#response.write(toEvent({ choices: [], usage: this.#usage }));
    this.#response.end('data: [DONE]\n\n');
  }

  get #finish(): string {
    return this.#limit < this.#plan.tokens ? 'length' : 'stop';
  }

  get #usage(): object {
    const [prompt, completion] = [this.#promptTokens, this.#thoughts + this.#limit - this.#from];
    return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  }
}

/** The answer that it is to go on with; empty where it begins. */
function readGiven(body: Record<string, unknown>): string {
  const messages = body['messages'] as { role: string; content: string }[] | undefined;
  const last = messages?.at(-1);
  return last?.role === 'assistant' && body['continue_final_message'] === true ? last.content : '';
}

/** The word that comes next, and how many of its characters are there already where the answer broke off in a word. */
function findPlace(given: string, word: string): { from: number; chars: number } {
  let at = 0;
  for (let i = 0; ; i++) {
    const next = `${word}${i}`;
    if (!given.startsWith(next, at)) return { from: i, chars: given.length - at };
    at += next.length;
  }
}

/** The last message of the caller's when it says how to answer. */
function readPrompt(body: Record<string, unknown>): string | null {
  const messages = body['messages'] as { role?: string; content?: unknown }[] | undefined;
  const content = messages?.findLast(({ role }) => role === 'user')?.content;
  return typeof content === 'string' && content.startsWith('say-') ? content : null;
}

/** What a name says; what stands before its `say-` says nothing. */
function parsePlan(name: string): Plan {
  const [, tokens = '8', gap = '0'] = /(?:^|-)say-(\d+)x(\d+)/.exec(name) ?? [];
  const option = (what: string, otherwise: number): number =>
    Number(new RegExp(`-${what}(\\d+)`).exec(name)?.[1] ?? otherwise);
  return {
    tokens: Number(tokens),
    think: option('think', 0),
    gapMs: Number(gap),
    die: option('die', -1),
    hang: option('hang', -1),
    wait: option('wait', 0),
    hide: option('hide', 0),
    status: option('status', 200),
    word: name.includes('-wide') ? ` ${WIDE}` : `${'x'.repeat(option('fat', 0))}${WORD}`,
    isTorn: name.includes('-torn'),
  };
}

function toEvent(value: object): string {
  return `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', ...value })}\n\n`;
}

/** What stands around a token: made once, since benches measure others on the same machine. */
const [BEFORE = '', AFTER = ''] = toEvent({
  choices: [{ index: 0, delta: { content: 'TOKEN' }, finish_reason: null }],
}).split('TOKEN');

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

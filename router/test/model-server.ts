// A small OpenAI-shaped server on loopback that stands in for chance and failure: the model's name says how it behaves.
//   say-<tokens>x<gapMs>[-die<k>][-wait<ms>][-status<code>][-hang<k>][-wide][-torn][-fat<n>]   e.g. say-20x5, say-100x10-die3
// A request that ends with an assistant's text and asks to go on with it gets the words that follow. Where `isContinuing` was asked for the
// server passes for vLLM, so that agents know that it can.
// die: cut the connection after k tokens · hang: fall silent after k tokens · wait: before the first byte · wide: multi-byte text ·
// torn: each event in two writes, cut inside a character · fat: n letters more in each token.
// The server's own `behaviour` comes first, then a last message that starts with `say-`, then the model's name.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server saw of one request. */
export interface SeenRequest {
  readonly body: Record<string, unknown>;
  sent: number;
  /** When the other side hung up before the end, ms since epoch. */
  abortedAt: number | null;
  isFinished: boolean;
}

export interface ModelServer {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** When set, how every answer goes, whatever is asked. */
  behaviour: string | null;
  stop(): Promise<void>;
}

interface Plan {
  readonly tokens: number;
  readonly gapMs: number;
  readonly die: number;
  readonly hang: number;
  readonly wait: number;
  readonly status: number;
  readonly word: string;
  readonly isTorn: boolean;
}

/** Characters of three and four bytes. */
export const WIDE = '囲炉裏🔥';

/** Starts the server on a free port. */
export async function startModelServer(options: { isContinuing?: boolean } = {}): Promise<ModelServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    if (options.isContinuing && request.url === '/version') return sendJson(response, 200, { version: '0.0.0-test' });
    if (request.method === 'GET')
      return sendJson(response, request.url?.startsWith('/v1/models') ? 200 : 404, {
        object: 'list',
        data: [{ id: 'say-8x0', object: 'model' }],
      });
    void readBody(request).then((body) => answer(response, body, model));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const model: ModelServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    behaviour: null,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return model;
}

async function answer(response: ServerResponse, body: Record<string, unknown>, model: ModelServer): Promise<void> {
  const { seen, behaviour } = model;
  const plan = parsePlan(behaviour ?? readPrompt(body) ?? String(body['model']));
  const record: SeenRequest = { body, sent: 0, abortedAt: null, isFinished: false };
  seen.push(record);
  response.on('close', () => {
    if (!record.isFinished) record.abortedAt = Date.now();
  });
  if (plan.wait > 0) await sleep(plan.wait);
  if (plan.status !== 200)
    return sendJson(response, plan.status, { error: { message: 'as asked', type: 'test', code: String(plan.status) } });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const { from, chars } = findPlace(readGiven(body), plan.word);
  const limit = Math.min(plan.tokens, from + Number(body['max_tokens'] ?? plan.tokens));
  for (let i = from; i < limit && record.abortedAt === null; i++) {
    if (i === plan.die) {
      record.isFinished = true;
      response.destroy();
      return;
    }
    if (i === plan.hang) return;
    const content = `${plan.word}${i}`.slice(i === from ? chars : 0);
    const event = toEvent({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
    const bytes = Buffer.from(event);
    const cutAt = plan.isTorn ? bytes.indexOf(WIDE) + 1 : 0;
    if (cutAt > 0) {
      response.write(bytes.subarray(0, cutAt));
      await sleep(1);
    }
    if (!response.write(bytes.subarray(cutAt))) await drained(response);
    record.sent++;
    if (plan.gapMs > 0) await sleep(plan.gapMs);
  }
  if (record.abortedAt !== null) return;
  record.isFinished = true;
  response.write(
    toEvent({ choices: [{ index: 0, delta: {}, finish_reason: limit < plan.tokens ? 'length' : 'stop' }] }),
  );
  response.write(
    toEvent({
      choices: [],
      usage: { prompt_tokens: 7 + from, completion_tokens: limit - from, total_tokens: 7 + limit },
    }),
  );
  response.end('data: [DONE]\n\n');
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

function parsePlan(model: string): Plan {
  const [, tokens = '8', gap = '0'] = /^say-(\d+)x(\d+)/.exec(model) ?? [];
  const option = (name: string, otherwise: number): number =>
    Number(new RegExp(`-${name}(\\d+)`).exec(model)?.[1] ?? otherwise);
  return {
    tokens: Number(tokens),
    gapMs: Number(gap),
    die: option('die', -1),
    hang: option('hang', -1),
    wait: option('wait', 0),
    status: option('status', 200),
    word: model.includes('-wide') ? ` ${WIDE}` : ` ${'x'.repeat(option('fat', 0))}word`,
    isTorn: model.includes('-torn'),
  };
}

function toEvent(value: object): string {
  return `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', ...value })}\n\n`;
}

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

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

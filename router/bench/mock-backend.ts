// A stand-in for a model server: an OpenAI-shaped API on loopback whose model name says what it does. Its own process, so that its
// CPU is nobody else's. `mock-64x5` streams 64 chunks 5 ms apart, one write each; `mock-1x0p700` one chunk with 700 letters more.
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { TOKEN } from './token-counter.ts';

/** Models that it lists, so that the router's catalogue can price them: a pattern has no digest of its own. */
export const LISTED_MODELS = ['priced-64x5', 'priced-1x0p700'];

interface Behaviour {
  readonly chunks: number;
  readonly gapMs: number;
  readonly padding: number;
}

const HEAD = { id: 'chatcmpl-mock0000000000000000000000000', object: 'chat.completion.chunk', created: 1_700_000_000 };
const PROMPT_TOKENS = 200;

if (import.meta.main) serve();

function serve(): void {
  const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (request, response) => {
    if (request.method === 'GET') {
      const found = request.url?.endsWith('/models') ?? false;
      return answerJson(response, found ? 200 : 404, { data: LISTED_MODELS.map((id) => ({ id, object: 'model' })) });
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => void answer(response, JSON.parse(Buffer.concat(parts).toString('utf8')) as ChatBody));
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
    console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
  });
}

interface ChatBody {
  readonly model: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

/** What a model's name asks for; a name of another form gets one chunk. */
function readBehaviour(model: string): Behaviour {
  const [, chunks = '1', gapMs = '0', padding = '0'] = /-(\d+)x(\d+)(?:p(\d+))?$/.exec(model) ?? [];
  return { chunks: Number(chunks), gapMs: Number(gapMs), padding: Number(padding) };
}

async function answer(response: ServerResponse, body: ChatBody): Promise<void> {
  const behaviour = readBehaviour(body.model);
  if (body.stream === true) return stream(response, body, behaviour);
  const content = TOKEN.repeat(behaviour.chunks) + 'y'.repeat(behaviour.padding);
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  answerJson(response, 200, { ...HEAD, object: 'chat.completion', choices, usage: usageOf(behaviour) });
}

async function stream(response: ServerResponse, body: ChatBody, behaviour: Behaviour): Promise<void> {
  const { chunks, gapMs, padding } = behaviour;
  let isGone = false;
  response.on('close', () => (isGone = true));
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const chunk = encodeChunk({ content: TOKEN + 'y'.repeat(padding) }, null);
  const startedAt = performance.now();
  for (let i = 1; i <= chunks && !isGone; i++) {
    const hasRoom = response.write(chunk);
    const waitMs = startedAt + i * gapMs - performance.now();
    if (!hasRoom)
      await Promise.race(['drain', 'close'].map((name) => new Promise((wake) => response.once(name, wake))));
    else if (gapMs === 0) await setImmediate();
    else if (waitMs > 0) await sleep(waitMs);
  }
  response.write(encodeChunk({}, 'stop'));
  if (body.stream_options?.include_usage === true)
    response.write(encodeEvent({ ...HEAD, choices: [], usage: usageOf(behaviour) }));
  response.end('data: [DONE]\n\n');
}

function encodeChunk(delta: object, finish: string | null): Buffer {
  return encodeEvent({ ...HEAD, model: 'mock', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
}

function encodeEvent(value: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
}

function usageOf({ chunks }: Behaviour): object {
  return { prompt_tokens: PROMPT_TOKENS, completion_tokens: chunks, total_tokens: PROMPT_TOKENS + chunks };
}

function answerJson(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

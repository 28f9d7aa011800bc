// A model server that can do all that callers ask for beside text, on loopback, for tests of the whole path: tools, JSON by a schema, pictures, thinking, log
// probabilities, bare completions, embeddings, speech and pictures made. What it says follows from what it is asked, so that a test can tell whether each
// field reached it. It is strict: a request that a real server would refuse is refused.
import { createServer } from 'node:http';
import { NEEDS } from '../../schema/needs.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerAs, checkChat, planAnswer } from './able-answers.ts';
import type { AbleChat, AblePlan } from './able-answers.ts';
export { PIXEL } from './able-media.ts';
import { answerPictures, answerSpeech } from './able-media.ts';
import type { AblePictures } from './able-media.ts';
import { checkInput, checkText, embed, planText } from './able-texts.ts';
import type { AbleInput, AbleText } from './able-texts.ts';

export interface AbleServer {
  readonly port: number;
  /** Ends in /v1. */
  readonly url: string;
  /** Bodies of all requests, by path below /v1, in their order. */
  readonly seen: { readonly path: string; readonly body: unknown }[];
  /** Between two pieces of a streamed answer, and before embeddings. */
  gapMs: number;
  /** Breaks a streamed answer off behind so many events; null for none. */
  breaksAfter: number | null;
  /** Called where it breaks one off. */
  onBreak: () => void;
  /** What it answers to a good request for embeddings. */
  embed: (asked: AbleInput) => object;
  /** Callers who left before their answer was whole. */
  left: number;
  /** The streamed answer with this seed breaks off in its middle. */
  brokenSeed: number | null;
  stop(): Promise<void>;
}

export interface AbleOptions {
  /** What it says that its models can do, in llama-server's words; all of it by default. */
  readonly canTools?: boolean;
  readonly canSee?: boolean;
  readonly canThink?: boolean;
  readonly slots?: number;
}

export const ABLE_MODEL = 'able-model';
/** The owner's word for all of it: nobody finds out by asking whether a server transcribes or makes pictures. */
export const ALL_ABILITIES = `${ABLE_MODEL}=${NEEDS.join('+')}`;

export async function startAbleServer(options: AbleOptions = {}): Promise<AbleServer> {
  const seen: AbleServer['seen'] = [];
  const server = createServer((request, response) => {
    response.on('close', () => void (able.left += response.writableFinished ? 0 : 1));
    void answer(request, response, { options, seen, able: () => able }).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const able: AbleServer = {
    port,
    url: `http://127.0.0.1:${port}/v1`,
    seen,
    gapMs: 0,
    embed,
    left: 0,
    breaksAfter: null,
    onBreak: () => undefined,
    brokenSeed: null,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return able;
}

interface Doors {
  readonly options: AbleOptions;
  readonly seen: AbleServer['seen'];
  readonly able: () => AbleServer;
}

async function answer(request: IncomingMessage, response: ServerResponse, doors: Doors): Promise<void> {
  const path = request.url ?? '';
  if (request.method === 'GET') return answerAbout(path, response, doors.options);
  const bytes = await readAll(request);
  const isForm = (request.headers['content-type'] ?? '').startsWith('multipart/form-data');
  const body: unknown = isForm ? { form: bytes.toString('latin1') } : JSON.parse(bytes.toString('utf8'));
  doors.seen.push({ path, body });
  if (path === '/v1/chat/completions') return answerChat(body as AbleChat, response, doors);
  if (path === '/v1/completions') return answerText(body as AbleText, response, doors.able().gapMs);
  if (path === '/v1/embeddings') return answerInput(body as AbleInput, response, doors);
  if (path === '/v1/audio/transcriptions') return answerSpeech(request, bytes, response);
  if (path === '/v1/images/generations') return answerPictures(body as AblePictures, response);
  send(response, 404, { error: { message: `no ${path} here`, type: 'not_found_error', code: 404 } });
}

function answerAbout(path: string, response: ServerResponse, options: AbleOptions): void {
  const { canTools = true, canSee = true, canThink = true, slots = 4 } = options;
  if (path === '/props')
    return send(response, 200, {
      total_slots: slots,
      build_info: 'b9999-able',
      default_generation_settings: { n_ctx: 131_072 },
      chat_template: canThink ? '{{ messages }}{{ enable_thinking }}' : '{{ messages }}',
      chat_template_caps: {
        supports_tools: canTools,
        supports_tool_calls: canTools,
        supports_parallel_tool_calls: canTools,
      },
      modalities: { vision: canSee, audio: false },
    });
  if (path === '/v1/models')
    return send(response, 200, { object: 'list', data: [{ id: ABLE_MODEL, object: 'model', owned_by: 'llamacpp' }] });
  if (path === '/health') return send(response, 200, { status: 'ok' });
  send(response, 404, { error: { message: 'File Not Found', type: 'not_found_error', code: 404 } });
}

async function answerChat(chat: AbleChat, response: ServerResponse, { able, options }: Doors): Promise<void> {
  const wrong = checkChat(chat);
  if (wrong) return send(response, 400, { error: { message: wrong, type: 'invalid_request_error', code: 400 } });
  const { reasoning_effort: _effort, chat_template_kwargs: _kwargs, ...plain } = chat;
  const plan = planAnswer(options.canThink === false ? plain : chat);
  if (chat.stream !== true) return send(response, 200, answerAs(chat, plan));
  await stream(response, { chat, plan, able: able() });
}

interface Streamed {
  readonly chat: AbleChat;
  readonly plan: AblePlan;
  readonly able: AbleServer;
}

async function stream(response: ServerResponse, { chat, plan, able }: Streamed): Promise<void> {
  const { brokenSeed } = able;
  let told = 0;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const head = { id: 'able-1', object: 'chat.completion.chunk', created: 1, model: ABLE_MODEL };
  const tell = async (delta: object, finish: string | null = null, logprobs: object | null = null): Promise<void> => {
    const choices = [{ index: 0, delta, logprobs, finish_reason: finish }];
    response.write(`data: ${JSON.stringify({ ...head, choices })}\n\n`);
    if (++told === able.breaksAfter) {
      able.onBreak();
      // What was written is read before the line is cut.
      await sleep(20);
      response.destroy();
    }
    if (able.gapMs > 0) await sleep(able.gapMs);
  };
  await tell({ role: 'assistant', content: null });
  for (const thought of plan.thoughts) await tell({ reasoning_content: thought });
  const isBroken = brokenSeed !== null && chat.seed === brokenSeed;
  const words = isBroken ? plan.words.slice(0, plan.words.length >> 1) : plan.words;
  for (const word of words) await tell({ content: word }, null, plan.logprobsOf(word));
  if (isBroken) return void response.destroy();
  for (const [index, { id, name, pieces }] of plan.calls.entries()) {
    await tell({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] });
    for (const piece of pieces) await tell({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  await tell({}, plan.finish);
  if (chat.stream_options?.include_usage === true)
    response.write(`data: ${JSON.stringify({ ...head, choices: [], usage: plan.usage })}\n\n`);
  response.end('data: [DONE]\n\n');
}

async function answerText(asked: AbleText, response: ServerResponse, gapMs: number): Promise<void> {
  const wrong = checkText(asked);
  if (wrong) return refuse(response, wrong);
  const { words, finish, usage } = planText(asked);
  const head = { id: 'able-t', object: 'text_completion', created: 1, model: ABLE_MODEL };
  const choose = (text: string, reason: string | null): object => ({
    ...head,
    choices: [{ index: 0, text, logprobs: null, finish_reason: reason }],
  });
  if (asked.stream !== true) return send(response, 200, { ...choose(words.join(''), finish), usage });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const text of words) {
    response.write(`data: ${JSON.stringify(choose(text, null))}\n\n`);
    if (gapMs > 0) await sleep(gapMs);
  }
  response.write(`data: ${JSON.stringify(choose('', finish))}\n\n`);
  if (asked.stream_options?.include_usage === true)
    response.write(`data: ${JSON.stringify({ ...head, choices: [], usage })}\n\n`);
  response.end('data: [DONE]\n\n');
}

async function answerInput(asked: AbleInput, response: ServerResponse, { able }: Doors): Promise<void> {
  const wrong = checkInput(asked);
  if (wrong) return refuse(response, wrong);
  const { gapMs, embed: how } = able();
  if (gapMs > 0) await sleep(gapMs);
  send(response, 200, how(asked));
}

function refuse(response: ServerResponse, message: string): void {
  send(response, 400, { error: { message, type: 'invalid_request_error', code: 400 } });
}

function send(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(json));
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

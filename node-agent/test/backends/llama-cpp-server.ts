// A small OpenAI-shaped server over node-llama-cpp, run as a process of its own by llama-cpp.test.ts:
//   node llama-cpp-server.ts FOLDER MODEL.gguf
// FOLDER is where `npm i node-llama-cpp` was run. Prints its port. For tests only: one model, one answer at a time in each sequence.

import { createRequire } from 'node:module';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The few things used of node-llama-cpp 3.22, which is not a dependency of this project. */
interface Sequence {
  evaluate(tokens: number[], options: { temperature: number; topP: number; seed: number }): AsyncIterable<number>;
  dispose(): void;
}
interface Model {
  tokenize(text: string, specialTokens: boolean): number[];
  detokenize(tokens: number[]): string;
  createContext(options: {
    contextSize: number;
    sequences: number;
    threads: number;
  }): Promise<{ getSequence(): Sequence }>;
}
interface Llama {
  loadModel(options: { modelPath: string }): Promise<Model>;
}
interface LlamaModule {
  getLlama(options: { build: 'never'; gpu: false; logLevel: 'error' }): Promise<Llama>;
}
interface ChatBody {
  readonly messages: readonly { role: string; content: string }[];
  readonly max_tokens: number;
  readonly temperature: number;
  readonly top_p: number;
  readonly seed: number;
}

const [folder = '', modelPath = ''] = process.argv.slice(2);
const entry = createRequire(join(folder, 'package.json')).resolve('node-llama-cpp');
const library = (await import(pathToFileURL(entry).href)) as LlamaModule;
const llama = await library.getLlama({ build: 'never', gpu: false, logLevel: 'error' });
const model = await llama.loadModel({ modelPath });
// One thread: with more, llama.cpp's threads wait for each other by spinning, which on a busy machine of two cores costs a thousandfold.
const context = await model.createContext({ contextSize: 512, sequences: 4, threads: 1 });

/** The demo model's template; a trailing assistant message is left open, as llama-server does by default. */
function tokenizePrompt(messages: ChatBody['messages']): number[] {
  const ids: number[] = [];
  messages.forEach((message, index) => {
    ids.push(...model.tokenize(`<|${message.role}|>`, true), ...model.tokenize(message.content, false));
    if (index < messages.length - 1 || message.role !== 'assistant') ids.push(...model.tokenize('<|end|>', true));
  });
  return messages.at(-1)?.role === 'assistant' ? ids : [...ids, ...model.tokenize('<|assistant|>', true)];
}

async function chat(body: ChatBody, response: ServerResponse): Promise<void> {
  const send = (value: unknown): boolean => response.write(`data: ${JSON.stringify(value)}\n\n`);
  const prompt = tokenizePrompt(body.messages);
  const sequence = context.getSequence();
  const made: number[] = [];
  let shown = '';
  let finish = 'stop';
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  try {
    for await (const token of sequence.evaluate(prompt, {
      temperature: body.temperature,
      topP: body.top_p,
      seed: body.seed,
    })) {
      if (response.destroyed) break;
      made.push(token);
      const text = model.detokenize(made);
      send({ choices: [{ index: 0, delta: { content: text.slice(shown.length) }, finish_reason: null }] });
      shown = text;
      if (made.length < body.max_tokens) continue;
      finish = 'length';
      break;
    }
  } finally {
    sequence.dispose();
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: finish }] });
  send({ choices: [], usage: { prompt_tokens: prompt.length, completion_tokens: made.length } });
  response.end('data: [DONE]\n\n');
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gets: Record<string, unknown> = {
    '/v1/models': {
      object: 'list',
      data: [{ id: 'nano', object: 'model', owned_by: 'llamacpp', meta: { n_ctx: 512, n_params: 935040 } }],
    },
    '/props': { total_slots: 4, default_generation_settings: { n_ctx: 512 }, build_info: 'node-llama-cpp' },
  };
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.method === 'POST') return chat(JSON.parse(Buffer.concat(chunks).toString()) as ChatBody, response);
  const value = gets[request.url ?? ''];
  response.statusCode = value === undefined ? 404 : 200;
  response.end(JSON.stringify(value ?? {}));
}

const server = createServer((request, response) => void answer(request, response));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));

// Asks a server how many tokens a conversation has, where it has an endpoint for that, and keeps in mind which one answers.

import * as z from 'zod';
import { textsOf } from '../../schema/message.ts';
import { buildMessages, type Conversation } from './build-backend-body.ts';
import type { HttpDoor } from './http-door.ts';
import type { Product } from './probe-server.ts';

export interface PromptCount {
  /** With the template's own tokens; where the endpoint counts plain text only, with a few for each message. */
  readonly tokens: number;
  /** The model's context, where the endpoint tells it. */
  readonly contextTokens?: number;
}

/** Tools are part of what a template shows. */
function tellConversation(job: Conversation): object {
  const { model, wishes } = job;
  return { model, messages: buildMessages(job), ...(wishes?.tools && { tools: wishes.tools }) };
}

type Way = (asker: Asker, job: Conversation) => Promise<PromptCount | null>;
/** POSTs to a path beside the server's API, and gives the JSON of a 200. */
type Asker = (path: string, body: object) => Promise<unknown>;

/** A tokenizer takes milliseconds; a server that is at work may take longer to hear. */
const TIMEOUT_MS = 3_000;
/** What templates add to a message, at least: where it begins, who speaks, where it ends. */
const MESSAGE_TOKENS = 3;

const tokenList = z.looseObject({ tokens: z.array(z.unknown()) });
const applied = z.looseObject({ prompt: z.string() });
const vllmCount = z.looseObject({ count: z.number().int().min(1), max_model_len: z.number().int().min(1).optional() });
const tgiTokens = z.looseObject({ tokenize_response: z.array(z.unknown()).min(1) });
const koboldCount = z.looseObject({ value: z.number().int().min(1) });
const plainCount = z.looseObject({ count: z.number().int().min(1) });

/** llama-server's template, and then its tokenizer with control tokens read, as its chat does both. Source: tools/server/README.md. */
const countLlama: Way = async (ask, job) => {
  const { model } = job;
  const prompt = applied.safeParse(await ask('/apply-template', tellConversation(job))).data?.prompt;
  if (prompt === undefined) return null;
  const asked = { model, content: prompt, add_special: true, parse_special: true };
  const tokens = tokenList.safeParse(await ask('/tokenize', asked)).data?.tokens.length;
  return tokens === undefined ? null : { tokens };
};

/** vLLM takes the conversation and tells its context too. Source: vllm/entrypoints/serve/tokenize/protocol.py. */
const countVllm: Way = async (ask, job) => {
  const isContinued = job.resume !== undefined && job.resume.text.trim() !== '';
  const turn = isContinued ? { add_generation_prompt: false, continue_final_message: true } : {};
  const asked = { ...tellConversation(job), ...turn };
  const found = vllmCount.safeParse(await ask('/tokenize', asked)).data;
  if (found === undefined) return null;
  const { count, max_model_len: contextTokens } = found;
  return { tokens: count, ...(contextTokens === undefined ? {} : { contextTokens }) };
};

/** TGI 2.1 and later. Source: router/src/server.rs. */
const countTgi: Way = async (ask, job) => {
  const tokens = tgiTokens.safeParse(await ask('/chat_tokenize', tellConversation(job))).data?.tokenize_response.length;
  return tokens === undefined ? null : { tokens };
};

/** Endpoints that count a text. Sources: koboldcpp.py (0 above 50,000); llama_cpp/server/app.py; LocalAI core/http/endpoints/localai/tokenize.go. */
const countKobold: Way = (ask, job) =>
  countText(
    job,
    async (prompt) => koboldCount.safeParse(await ask('/api/extra/tokencount', { prompt, special: false })).data?.value,
  );
const countLlamaCppPython: Way = (ask, job) =>
  countText(
    job,
    async (input) => plainCount.safeParse(await ask('/extras/tokenize/count', { model: job.model, input })).data?.count,
  );
const countLocalAi: Way = (ask, job) =>
  countText(
    job,
    async (content) =>
      tokenList.safeParse(await ask('/v1/tokenize', { model: job.model, content })).data?.tokens.length,
  );

async function countText(
  job: Conversation,
  count: (text: string) => Promise<number | undefined>,
): Promise<PromptCount | null> {
  const texts = textsOf(buildMessages(job));
  const tokens = await count(texts.join('\n'));
  return tokens === undefined || tokens === 0 ? null : { tokens: tokens + MESSAGE_TOKENS * texts.length };
}

/** In the order in which they are tried. KoboldCpp answers as an Ollama does; a real Ollama and LM Studio have no tokenizer to ask. */
const WAYS: Readonly<Record<Product, readonly Way[]>> = {
  'llama-server': [countLlama],
  vllm: [countVllm],
  ollama: [countKobold],
  'lm-studio': [],
  unknown: [countVllm, countTgi, countLlama, countKobold, countLlamaCppPython, countLocalAi],
};

export class PromptCounter {
  readonly #door: HttpDoor;
  #product: Product = 'unknown';
  /** Those that may still answer: one, once it did. */
  #ways: readonly Way[] = WAYS.unknown;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  /** The tokens of a conversation as this server would read it; null where it has no endpoint for that, or did not answer. */
  async count(job: Conversation, product: Product, signal: AbortSignal): Promise<PromptCount | null> {
    if (product !== this.#product) this.#ways = WAYS[product];
    this.#product = product;
    for (const way of this.#ways) {
      let isOther = false;
      const ask: Asker = async (path, body) => {
        const { status, json } = await this.#ask(path, body, signal);
        isOther = [200, 404, 405, 501].includes(status);
        return status === 200 ? json : undefined;
      };
      const found = await way(ask, job);
      if (found !== null) this.#ways = [way];
      else if (isOther) this.#ways = this.#ways.filter((one) => one !== way);
      if (found !== null) return found;
    }
    return null;
  }

  #ask(path: string, body: object, signal: AbortSignal): Promise<{ status: number; json: unknown }> {
    const base = this.#door.server.api.replace(/\/v1$/, '');
    return this.#door.ask(`${base}${path}`, { timeoutMs: TIMEOUT_MS, signal, body: JSON.stringify(body) });
  }
}

// One honest call by the official client, with no second try: what a developer's program sees.
import OpenAI from 'openai';
import type { FinalFacts } from '../../../schema/chunks.ts';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { withinLimit } from './call.ts';
import type { CallAsk, CallDoor, Called } from './call.ts';
import { measureOvercharge } from './read-strictly.ts';

let client: OpenAI | null = null;

/** A streamed answer. Never rejects. */
export async function callClient(door: CallDoor, ask: CallAsk): Promise<Called> {
  const startedAt = performance.now();
  const seen = { text: '', finish: null as string | null, facts: null as FinalFacts | null, tokens: 0 };
  let lastAt = startedAt;
  let longestMs = 0;
  let why: string | null = null;
  try {
    // The client's own time limit ends with the headers: a stream may hang.
    await withinLimit(undefined, async (signal) => {
      for await (const chunk of await openStream(client ?? open(door, ask), ask, signal)) {
        const [choice] = chunk.choices;
        seen.finish = choice?.finish_reason ?? seen.finish;
        seen.facts = (chunk as { irori?: FinalFacts }).irori ?? seen.facts;
        seen.tokens = chunk.usage?.completion_tokens ?? seen.tokens;
        if (!choice?.delta.content) continue;
        seen.text += choice.delta.content;
        const now = performance.now();
        longestMs = Math.max(longestMs, now - lastAt);
        lastAt = now;
      }
      signal.throwIfAborted();
    });
  } catch (error) {
    why = String(error);
  }
  const now = performance.now();
  const isAnswered = why === null && seen.finish !== null && seen.facts !== null && seen.text !== '';
  return {
    status: why === null ? 200 : 0,
    isAnswered,
    why: isAnswered ? null : (why ?? 'ended without a finish, usage or text'),
    delayMs: Math.max(longestMs, now - lastAt),
    tookMs: now - startedAt,
    node: seen.facts?.node ?? null,
    text: seen.text,
    faults: [],
    overcharge: measureOvercharge(seen, ask),
    outputTokens: seen.tokens,
  };
}

function open(door: CallDoor, ask: CallAsk): OpenAI {
  client = new OpenAI({
    apiKey: door.apiKey,
    baseURL: `${door.url}/v1`,
    maxRetries: 0,
    logLevel: 'off',
    defaultHeaders: { 'x-irori-place': ask.place },
  });
  return client;
}

function openStream(
  openai: OpenAI,
  { model, prompt, maxTokens }: CallAsk,
  signal: AbortSignal,
): Promise<AsyncIterable<ChatCompletionChunk>> {
  const messages = [{ role: 'user' as const, content: prompt }];
  const form = { stream: true, stream_options: { include_usage: true } } as const;
  return openai.chat.completions.create({ model, messages, max_tokens: maxTokens, ...form }, { signal });
}

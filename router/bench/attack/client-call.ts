// One honest call by the official client, with no second try: what a developer's program sees.
import OpenAI from 'openai';
import type { FinalFacts } from '../../../schema/chunks.ts';
import type { CallAsk, CallDoor, Called } from './call.ts';
import { measureOvercharge } from './read-strictly.ts';

const CALL_LIMIT_MS = 25_000;

let client: OpenAI | null = null;

/** A streamed answer. Never rejects. */
export async function callClient(door: CallDoor, ask: CallAsk): Promise<Called> {
  client ??= new OpenAI({
    apiKey: door.apiKey,
    baseURL: `${door.url}/v1`,
    maxRetries: 0,
    logLevel: 'off',
    timeout: CALL_LIMIT_MS,
    defaultHeaders: { 'x-irori-place': ask.place },
  });
  const startedAt = performance.now();
  const seen = { text: '', finish: null as string | null, facts: null as FinalFacts | null, tokens: 0 };
  let lastAt = startedAt;
  let longestMs = 0;
  let why: string | null = null;
  try {
    const stream = await client.chat.completions.create({
      model: ask.model,
      messages: [{ role: 'user', content: ask.prompt }],
      max_tokens: ask.maxTokens,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
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

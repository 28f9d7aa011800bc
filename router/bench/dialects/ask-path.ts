// One call through one of the APIs, asked as its clients ask it.
import type { Door } from '../ask.ts';

/** The mock model server's: 16 tokens without a pause. */
export const MODEL = 'say-16x0';

export interface ApiPath {
  readonly name: string;
  /** Below /v1. */
  readonly path: string;
  readonly body: object;
  /** What stands in the first event that holds text. */
  readonly first: string;
}

const messages = [{ role: 'user', content: 'p'.repeat(830) }];

export const PATHS: readonly ApiPath[] = [
  { name: 'chat', path: 'chat/completions', body: { model: MODEL, messages }, first: '"content":"' },
  { name: 'responses', path: 'responses', body: { model: MODEL, input: messages }, first: 'output_text.delta' },
  { name: 'messages', path: 'messages', body: { model: MODEL, messages, max_tokens: 64 }, first: 'text_delta' },
];

/** Resolves when the whole answer is there; rejects for any other. */
export async function askWhole(door: Door, { path, body }: ApiPath): Promise<void> {
  const response = await post(door, path, body);
  await response.json();
}

/** Milliseconds until the first text of a streamed answer; it is read to its end. */
export async function askStream(door: Door, { path, body, first }: ApiPath): Promise<number> {
  const startedAt = performance.now();
  const response = await post(door, path, { ...body, stream: true });
  const decoder = new TextDecoder();
  let [text, firstMs] = ['', Number.NaN];
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (Number.isNaN(firstMs) && text.includes(first)) firstMs = performance.now() - startedAt;
  }
  return firstMs;
}

async function post({ endpoint, apiKey }: Door, path: string, body: object): Promise<Response> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(`${endpoint}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response;
}

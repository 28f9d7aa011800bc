// What the tests of the HTTP backend share: a fake server and a backend on it, both closed after each test, and chat chunks.

import type { ServerResponse } from 'node:http';
import { afterEach } from 'vitest';
import { OpenAiHttpBackend, type OpenAiHttpOptions } from '../../backends/openai-http.ts';
import { startFake, type Chat, type FakeServer } from './fake-server.ts';
import { makeJob } from './jobs.ts';

export const NEVER = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

export async function serve(gets: Record<string, unknown>, chat?: Chat, port?: number): Promise<FakeServer> {
  const server = await startFake(gets, chat, port);
  open.push(server);
  return server;
}

export function share(options: OpenAiHttpOptions): OpenAiHttpBackend {
  const backend = new OpenAiHttpBackend(options);
  open.push(backend);
  return backend;
}

/** A server that lists the model `m` and nothing else. */
export const PLAIN = { '/v1/models': { object: 'list', data: [{ id: 'm', object: 'model' }] } };
export const job = (change = {}) => makeJob('hi', { model: 'm', ...change });
export const text = (content: string, finish: string | null = null): string =>
  JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });
export const STOP = JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });

export function begin(response: ServerResponse, ...events: string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const event of events) response.write(`data: ${event}\n\n`);
}

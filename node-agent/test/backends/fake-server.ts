// A local server played by node:http, for tests: it answers GETs from a table and chat requests as each test says.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Chat = (response: ServerResponse, asked: Asked) => void | Promise<void>;

export interface FakeServer {
  readonly url: string;
  readonly port: number;
  readonly asked: Asked[];
  /** Connections ever opened. */
  connections: number;
  /** Chat responses that the other side closed before they were complete. */
  closed: number;
  chat: Chat;
  close(): Promise<void>;
}

/** Starts a server, on a free port by default. `gets` maps paths to JSON values; a function there answers by itself; other paths answer 404. */
export async function startFake(
  gets: Record<string, unknown>,
  chat: Chat = () => undefined,
  at = 0,
): Promise<FakeServer> {
  const server = createServer((request, response) => void answer(fake, gets, request, response));
  const fake: FakeServer = { url: '', port: 0, asked: [], connections: 0, closed: 0, chat, close: () => stop(server) };
  server.on('connection', () => (fake.connections += 1));
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, { url: `http://127.0.0.1:${port}`, port });
}

async function answer(
  fake: FakeServer,
  gets: Record<string, unknown>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const asked = {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  };
  fake.asked.push(asked);
  if (/\/chat\/completions\/?$/.test(asked.path)) {
    response.on('close', () => (fake.closed += response.writableFinished ? 0 : 1));
    return fake.chat(response, asked);
  }
  const value = gets[asked.path];
  if (typeof value === 'function') return (value as (response: ServerResponse) => void)(response);
  response.statusCode = value === undefined ? 404 : 200;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value ?? { error: 'not found' }));
}

function stop(server: ReturnType<typeof createServer>): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Answers with these events and ends. */
export function sendEvents(events: readonly string[]): Chat {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events.map((event) => `data: ${event}\n\n`).join(''));
  };
}

// An OpenAI-shaped model server for tests: the model's name says what it does (mock-<chunks>x<gapMs>, hang, broken-<chunks>).
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SeenRequest {
  readonly body: Record<string, unknown>;
  chunks: number;
  isGone: boolean;
}

export interface ModelServer {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** While false every request is dropped at once. */
  isUp: boolean;
  stop(): Promise<void>;
}

export async function startModelServer(): Promise<ModelServer> {
  const seen: SeenRequest[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (!model.isUp) return void request.socket.destroy();
    if (request.method === 'GET') {
      if (request.url !== '/v1/models') return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'mock-3x0', object: 'model', owned_by: 'test' }] }));
      return;
    }
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString()));
    request.on('end', () => void answer(JSON.parse(text) as Record<string, unknown>, response));
  };
  const answer = async (body: Record<string, unknown>, response: ServerResponse): Promise<void> => {
    const one: SeenRequest = { body, chunks: 0, isGone: false };
    seen.push(one);
    const gone = once(response, 'close');
    response.on('close', () => (one.isGone = !response.writableFinished));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    const [, kind, count = '0', gap = '0'] = /^(mock|broken)-(\d+)(?:x(\d+))?/.exec(String(body['model'])) ?? [];
    for (let i = 0; i < Number(count) && !response.destroyed; i++) {
      if (Number(gap) > 0 && i > 0) await sleep(Number(gap));
      const isFree = response.write(chunk({ delta: { content: `w${i} ` } }));
      one.chunks += 1;
      if (!isFree) await Promise.race([once(response, 'drain'), gone]);
    }
    if (kind === 'broken') return void response.destroy();
    if (kind !== 'mock') return;
    response.write(chunk({ delta: {}, finish_reason: 'stop' }));
    response.write(
      `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 7, completion_tokens: Number(count), total_tokens: 7 + Number(count) } })}\n\n`,
    );
    response.end('data: [DONE]\n\n');
  };
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const model: ModelServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    isUp: true,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return model;
}

function chunk(choice: object): string {
  return `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, finish_reason: null, ...choice }] })}\n\n`;
}

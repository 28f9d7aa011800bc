// Stands between the router and its chain, and does what networks do: nothing comes through, or the answer is lost after the chain has heard the question.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `pass`: all comes through. `cut`: nothing does. `swallow`: what is asked arrives, and its answer does not. */
export type RpcMode = 'pass' | 'cut' | 'swallow';

export interface RpcProxy {
  readonly url: string;
  /** Methods asked until now, the last one last; whatever became of them. */
  readonly asked: string[];
  /** From now on; `methods`: of these alone, while all others pass; `times`: so often, and then all passes again. */
  readonly set: (mode: RpcMode, only?: { readonly methods?: readonly string[]; readonly times?: number }) => void;
  /** Hears of each question before it is sent on, which waits for what this gives; null is the usual. */
  onAsked: ((method: string, params: unknown) => Promise<void> | void) | null;
  readonly stop: () => Promise<void>;
}

export async function startRpcProxy(target: string): Promise<RpcProxy> {
  let mode: RpcMode = 'pass';
  let methods: readonly string[] | null = null;
  let left = Number.POSITIVE_INFINITY;
  const modeFor = (asked: readonly string[]): RpcMode => {
    if (mode === 'pass' || left <= 0) return 'pass';
    if (methods !== null && !asked.some((method) => methods?.includes(method))) return 'pass';
    left -= 1;
    return mode;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    const questions = [JSON.parse(body)].flat() as { method: string; params: unknown }[];
    proxy.asked.push(...questions.map(({ method }) => method));
    const now = modeFor(questions.map(({ method }) => method));
    if (now === 'cut') return void request.socket.destroy();
    for (const { method, params } of questions) await proxy.onAsked?.(method, params);
    const told = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const text = await told.text();
    if (now === 'swallow') return void request.socket.destroy();
    response.writeHead(told.status, { 'content-type': 'application/json' }).end(text);
  };
  const server = createServer((request, response) => {
    // The chain itself may be down.
    answer(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    onAsked: null,
    set: (wished, only = {}) => {
      mode = wished;
      methods = only.methods ?? null;
      left = only.times ?? Number.POSITIVE_INFINITY;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => void server.close(() => closed()));
    },
  };
  return proxy;
}

async function readAll(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

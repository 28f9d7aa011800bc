// Upstash's REST dialect on 127.0.0.1, so that the Worker's presence door is the same code here as when deployed. Knows no command by name.
// Dialect: https://upstash.com/docs/redis/features/restapi (POST / , /pipeline, /multi-exec, `Upstash-Encoding: base64`).
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import type { RedisReply } from './embedded-redis.ts';
import type { RedisExecutor } from './redis-executor.ts';

const HOST = '127.0.0.1';
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

const command = z.array(z.union([z.string(), z.number(), z.boolean()]).transform(String)).min(1);
const pipeline = z.array(command).min(1);

/** A running bridge: `url` and `token` are what UPSTASH_REDIS_REST_URL and _TOKEN hold. */
export interface RedisBridge {
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** Serves the executor over HTTP; port 0 takes any free one. Closing the bridge closes the executor. */
export async function startRedisBridge(bridge: {
  executor: RedisExecutor;
  token: string;
  port?: number;
}): Promise<RedisBridge> {
  const server = createServer((request, response) => void answer({ ...bridge, request, response }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(bridge.port ?? 0, HOST, resolve);
  });
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    token: bridge.token,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await bridge.executor.close();
    },
  };
}

interface Exchange {
  readonly executor: RedisExecutor;
  readonly token: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  try {
    const { status, body } = await decide(exchange);
    const isBase64 = request.headers['upstash-encoding'] === 'base64';
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(isBase64 && status === 200 ? toBase64(body) : body));
  } catch {
    response.destroy();
  }
}

async function decide(exchange: Exchange): Promise<{ status: number; body: unknown }> {
  const { request } = exchange;
  if (!isAllowed(request.headers.authorization, exchange.token))
    return refuse(401, 'WRONGPASS invalid or missing auth token');
  if (request.method !== 'POST') return refuse(405, 'ERR only POST is served here');
  const path = (request.url ?? '/').split('?')[0];
  const isSingle = path === '/';
  if (!isSingle && path !== '/pipeline' && path !== '/multi-exec')
    return refuse(404, 'ERR path not found: use /, /pipeline or /multi-exec');
  const text = await readBody(request);
  if (text === null) return refuse(413, `ERR body is over ${BODY_LIMIT_BYTES} bytes`);
  const commands = parseCommands(text, isSingle);
  if (commands === null)
    return refuse(
      400,
      isSingle ? 'ERR body must be a JSON array: ["COMMAND", ...args]' : 'ERR body must be a JSON array of commands',
    );
  try {
    const replies = await exchange.executor.run(commands, { atomic: path === '/multi-exec' });
    const results = replies.map(toResult);
    const first = results[0];
    if (!isSingle || first === undefined) return { status: 200, body: results };
    return { status: 'error' in first ? 400 : 200, body: first };
  } catch (cause) {
    return refuse(503, `ERR redis is away: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function refuse(status: number, error: string): { status: number; body: unknown } {
  return { status, body: { error } };
}

function isAllowed(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function parseCommands(text: string, isSingle: boolean): readonly (readonly string[])[] | null {
  const json = parseJson(text);
  const commands = pipeline.safeParse(isSingle ? [json] : json);
  return commands.success ? commands.data : null;
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toResult(reply: RedisReply): { result: RedisReply } | { error: string } {
  return typeof reply === 'object' && reply !== null && 'error' in reply ? reply : { result: reply };
}

/** Every string of a result but "OK" becomes base64; errors stay readable. */
function toBase64(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(toBase64);
  if (typeof body !== 'object' || body === null || !('result' in body)) return body;
  return { result: encodeReply(body.result) };
}

function encodeReply(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(encodeReply);
  return typeof reply === 'string' && reply !== 'OK' ? Buffer.from(reply, 'utf8').toString('base64') : reply;
}

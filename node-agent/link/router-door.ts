// The one door of the agent to plain HTTP requests: small JSON answers of its router, through the owner's proxy where there is one.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { TIME_HEADER } from '../../schema/node-proof.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findProxy, makeRouterAgent } from './router-agent.ts';
import { tellNetworkFault } from './tell-network-fault.ts';

export interface RouterAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
  /** The router's time, ms since epoch, where it told it since it could not use ours. */
  readonly routerNow: number | null;
  /** The time of its answer to the second, ms since epoch, as HTTP tells it. */
  readonly dateAt: number | null;
}

const ANSWER_MS = 15_000;
const ANSWER_BYTES = 64 * 1024;

/** GET, or POST where there is a body of JSON, if no other method is named. Redirects are not followed. The error says in a few words why nothing came. */
export function askRouter(
  url: string,
  {
    body,
    method = body === undefined ? 'GET' : 'POST',
    headers = {},
    mostBytes = ANSWER_BYTES,
  }: { body?: string; method?: string; headers?: Readonly<Record<string, string>>; mostBytes?: number },
): Promise<Result<RouterAnswer, string>> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  const agent = makeRouterAgent(url, process.env);
  const about =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  const options = {
    agent,
    method,
    headers: { ...headers, ...about },
    signal: AbortSignal.timeout(ANSWER_MS),
  };
  const asked = new Promise<Result<RouterAnswer, string>>((resolve) => {
    const fail = (error: Error & { code?: unknown }): void => {
      const code = typeof error.code === 'string' ? error.code : '';
      resolve(err(tellNetworkFault({ code, message: error.message }, url, findProxy(url, process.env))));
    };
    const outgoing = send(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > mostBytes) response.destroy(new Error('the answer is too long'));
      });
      response.on('error', fail);
      response.on('end', () => {
        const routerNow = readTime(response.headers[TIME_HEADER]);
        const retryAfter = response.headers['retry-after'];
        const dateAt = Date.parse(response.headers.date ?? '') || null;
        resolve(ok({ status: response.statusCode ?? 0, retryAfter, text, routerNow, dateAt }));
      });
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
  return asked.finally(() => agent.destroy());
}

function readTime(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && /^\d{13,15}$/.test(header) ? Number(header) : null;
}

// An answer of the router that comes piece by piece. The same way out as router-door.ts: the owner's proxy, no redirects, a bound on everything.
import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { makeRouterAgent } from './router-agent.ts';

export interface StreamedAnswer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** Pieces of text as they come; rejects where the connection breaks, the answer grows too long or takes too long. */
  readonly pieces: AsyncIterable<string>;
}

const MOST_BYTES = 1024 * 1024;

/** POSTs JSON. Rejects where nothing is answered within `limitMs`, which also bounds the whole answer. */
export async function streamFromRouter(
  url: string,
  body: string,
  { headers, limitMs }: { headers: Readonly<Record<string, string>>; limitMs: number },
): Promise<StreamedAnswer> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  const agent = makeRouterAgent(url, process.env);
  const about = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  const signal = AbortSignal.timeout(limitMs);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = send(url, { agent, method: 'POST', headers: { ...headers, ...about }, signal }, resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });
    return {
      status: response.statusCode ?? 0,
      header: (name) => readHeader(response, name),
      pieces: readPieces(response, () => agent.destroy()),
    };
  } catch (error) {
    agent.destroy();
    throw error;
  }
}

function readHeader(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name];
  return typeof value === 'string' ? value.slice(0, 300) : null;
}

async function* readPieces(response: IncomingMessage, end: () => void): AsyncIterable<string> {
  let bytes = 0;
  response.setEncoding('utf8');
  try {
    for await (const piece of response) {
      bytes += (piece as string).length;
      if (bytes > MOST_BYTES) throw new Error('the answer is too long');
      yield piece as string;
    }
  } finally {
    end();
  }
}

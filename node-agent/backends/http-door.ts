// The one door to a local server: keeps connections, refuses addresses, sets time limits. Knows nothing of chat.

import { lookup as resolve } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { parseJson } from '../../schema/json.ts';
import { refuseAddress, type ServerUrl } from './refuse-server.ts';

/** A short answer: its JSON, undefined when it was none. Status 0 means that no answer came in time. */
interface Answer {
  readonly status: number;
  readonly json: unknown;
}

/** Longest answer that is read of a probe or of an error. */
const ANSWER_LIMIT_BYTES = 4 << 20;

export class HttpDoor {
  readonly server: ServerUrl;
  readonly #allowLan: boolean;
  readonly #headers: Record<string, string>;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  constructor(server: ServerUrl, options: { allowLan: boolean; apiKey?: string }) {
    this.server = server;
    this.#allowLan = options.allowLan;
    this.#headers = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` };
    const secure = server.root.startsWith('https:');
    this.#agent = new (secure ? https : http).Agent({ keepAlive: true, scheduling: 'lifo' });
    this.#request = secure ? https.request : http.request;
  }

  /** GET, or POST when there is a body, of a small JSON answer. Never rejects. */
  async ask(url: string, options: { timeoutMs: number; signal?: AbortSignal; body?: string }): Promise<Answer> {
    const limit = AbortSignal.timeout(options.timeoutMs);
    const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
    try {
      const response = await this.#open(url, options.body, signal);
      return { status: response.statusCode ?? 0, json: parseJson(await readSome(response, ANSWER_LIMIT_BYTES)) };
    } catch {
      return { status: 0, json: undefined };
    }
  }

  /** Sends a chat request. The caller reads or destroys what comes; the request has no time limit of its own. */
  post(url: string, body: string): http.ClientRequest {
    const headers = {
      ...this.#headers,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'content-length': Buffer.byteLength(body),
    };
    const request = this.#request(url, { method: 'POST', agent: this.#agent, headers, lookup: this.#lookup });
    request.end(body);
    return request;
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(url: string, body: string | undefined, signal: AbortSignal): Promise<http.IncomingMessage> {
    return new Promise((fulfil, reject) => {
      const headers = { ...this.#headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      const method = body === undefined ? 'GET' : 'POST';
      const request = this.#request(url, { method, agent: this.#agent, headers, lookup: this.#lookup, signal }, fulfil);
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Judges every address of a name at the moment of connecting, since a name may point elsewhere by then than when it was checked. */
  readonly #lookup: LookupFunction = (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 0);
      const refusal = addresses
        .map((entry) => refuseAddress(entry.address, this.#allowLan))
        .find((reason) => reason !== null);
      if (refusal !== undefined) return done(new Error(refusal), '', 0);
      if (options.all === true) return done(null, addresses);
      done(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
}

/** The body as text, cut at `limitBytes` (the rest is not read and the connection is dropped). */
export async function readSome(response: http.IncomingMessage, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length >= limitBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

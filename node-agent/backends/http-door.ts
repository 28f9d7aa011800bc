// The one door to a local server: keeps connections, refuses addresses, sets time limits. Knows nothing of chat.

import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { parseJson } from '../../schema/json.ts';
import { ChatLines } from './chat-lines.ts';
import type { ChatCall, ChatEar } from './chat-lines.ts';
import { makeJudgedLookup, REFUSED_ADDRESS } from './judged-lookup.ts';
import { isOfRouter, refuseAddress, type ServerUrl } from './refuse-server.ts';

/** A short answer: its JSON, undefined when it was none, or its text where that was asked for. Status 0 means that no answer came. */
export interface Answer {
  readonly status: number;
  readonly json: unknown;
  /** With status 0: 'refused' where nobody can be reached at the address, 'silent' where somebody may only be slow. */
  readonly failure: 'refused' | 'silent' | null;
  /** It came from a router of this or another Irori network. */
  readonly isRouters?: true;
  /** Why there was no answer, or where a redirect leads that is not followed. */
  readonly why: string;
}

/** Nobody is there, or the connection is none that we may make; what is not in here (a time-out, a reset) may be a slow server. */
const REFUSED =
  /^(ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENOTFOUND|EADDRNOTAVAIL|EACCES|ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|IRORI_REFUSED)/;

/** Slashes are added by one redirect; two is generous. */
const REDIRECTS_MAX = 2;

/** Longest answer that is read of a probe or of an error: a thousand models with all that is said of them, and some are asked side by side. */
const ANSWER_LIMIT_BYTES = 1 << 20;

export class HttpDoor {
  /** Where the API was found; what the owner named until then. */
  server: ServerUrl;
  /** Whether it is asked with a key. */
  readonly hasKey: boolean;
  readonly #lookup: LookupFunction;
  readonly #headers: Record<string, string>;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #chats: ChatLines;

  constructor(server: ServerUrl, options: { allowLan: boolean; apiKey?: string }) {
    this.server = server;
    this.#lookup = makeJudgedLookup((address) => refuseAddress(address, options.allowLan));
    this.hasKey = options.apiKey !== undefined;
    this.#headers = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` };
    const secure = server.root.startsWith('https:');
    this.#agent = new (secure ? https : http).Agent({ keepAlive: true, scheduling: 'lifo' });
    this.#request = secure ? https.request : http.request;
    const accept = { 'content-type': 'application/json', accept: 'text/event-stream' };
    this.#chats = new ChatLines(this.#lookup, { ...this.#headers, ...accept });
  }

  /** GET, or POST when there is a body, of a small JSON answer. Redirects are followed on the same origin only. Never rejects. */
  async ask(
    url: string,
    options: { timeoutMs: number; signal?: AbortSignal; body?: string; isText?: boolean },
  ): Promise<Answer> {
    const limit = AbortSignal.timeout(options.timeoutMs);
    const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
    try {
      return await this.#askFollowing(url, options.body, {
        signal,
        left: REDIRECTS_MAX,
        isText: options.isText === true,
      });
    } catch (error) {
      const { code = '', message } = error as Error & { code?: string };
      return {
        status: 0,
        json: undefined,
        failure: REFUSED.test(code) ? 'refused' : 'silent',
        why: code === REFUSED_ADDRESS ? message : code || 'no answer in time',
      };
    }
  }

  async #askFollowing(
    url: string,
    body: string | undefined,
    { signal, left, isText }: { signal: AbortSignal; left: number; isText: boolean },
  ): Promise<Answer> {
    const response = await this.#open(url, body, signal);
    const status = response.statusCode ?? 0;
    const text = await readSome(response, ANSWER_LIMIT_BYTES);
    const json = isText ? text : parseJson(text);
    const moved = status >= 301 && status <= 308 ? findMoved(url, response.headers.location) : null;
    if (moved?.isSameOrigin === true && left > 0)
      return this.#askFollowing(moved.url, body, { signal, left: left - 1, isText });
    const why = moved === null ? '' : `it sends on to ${moved.url}`;
    return { status, json, failure: null, why, ...(isOfRouter(response.headers) && { isRouters: true as const }) };
  }

  /** Sends a chat request. The caller reads or drops what comes; the request has no time limit of its own. */
  post(url: string, body: string | Buffer, ear: ChatEar, type?: string): ChatCall {
    return this.#chats.post(url, body, ear, type);
  }

  close(): void {
    this.#agent.destroy();
    this.#chats.close();
  }

  /** A kept connection that the server closed meanwhile says nothing: the question is put once more on a new one. */
  #open(url: string, body: string | undefined, signal: AbortSignal): Promise<http.IncomingMessage> {
    return this.#openOn(this.#agent, { url, body, signal }).catch((error: Error & { isStale?: boolean }) => {
      if (error.isStale !== true || signal.aborted) throw error;
      return this.#openOn(false, { url, body, signal });
    });
  }

  #openOn(
    agent: http.Agent | false,
    { url, body, signal }: { url: string; body: string | undefined; signal: AbortSignal },
  ): Promise<http.IncomingMessage> {
    return new Promise((fulfil, reject) => {
      const headers = { ...this.#headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      const method = body === undefined ? 'GET' : 'POST';
      const request = this.#request(url, { method, agent, headers, lookup: this.#lookup, signal }, fulfil);
      request.on('error', (error) => reject(Object.assign(error, { isStale: request.reusedSocket })));
      request.end(body);
    });
  }
}

/** Where a redirect leads, and whether that is the same server; null where it says nothing that can be read. */
export function findMoved(
  from: string,
  location: string | undefined,
): { readonly url: string; readonly isSameOrigin: boolean } | null {
  if (location === undefined || !URL.canParse(location, from)) return null;
  const to = new URL(location, from);
  return { url: to.href, isSameOrigin: to.origin === new URL(from).origin };
}

/** The body as text, cut at `limitBytes` (the rest is not read and the connection is dropped). */
async function readSome(response: http.IncomingMessage, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length >= limitBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

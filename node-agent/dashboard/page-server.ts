// The owner's page on 127.0.0.1: one document and its small API, and nothing for anybody else. The one door of the agent that listens for HTTP.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { Bucket } from '../../schema/bucket.ts';
import type { BucketRule } from '../../schema/bucket.ts';
import { parseJson } from '../../schema/json.ts';
import { describeError } from '../log.ts';
import type { Log } from '../log.ts';
import { isForeignSite, judgeRequest, readCookie } from './judge-request.ts';
import type { HeadFault } from './judge-request.ts';
import type { PageDesk } from './page-desk.ts';
import { answerPage, tellRefusal } from './page-routes.ts';
import type { PageAnswer } from './page-routes.ts';
import type { PageSessions } from './page-sessions.ts';

/** The two documents: what whoever has the page open sees, and what anybody else does. Each with its own policy. */
export interface PageDocuments {
  readonly page: PageDocument;
  readonly gate: PageDocument;
}
interface PageDocument {
  readonly html: string;
  readonly policy: string;
}

interface ServerDoors {
  readonly desk: PageDesk;
  readonly sessions: PageSessions;
  /** Read when they are asked for: they need no memory meanwhile. */
  readonly documents: () => Promise<PageDocuments>;
  readonly log: Log;
  /** ms that only grow. */
  readonly now: () => number;
}

const USUAL_PORT = 4770;
/** Ports behind the wanted one that are tried; then the system chooses. */
const NEXT_PORTS = 20;
const HEADER_BYTES = 8 * 1024;
const BODY_BYTES = 16 * 1024;
const CONNECTIONS_MAX = 32;
const REQUEST_MS = 10_000;
/** How often Node looks for requests that are late: its own 30 s would let them stay for 40. */
const LATE_LOOK_MS = 5000;
/** A connection on which nothing moves is over: the longest that the desk does takes two minutes. */
const SILENT_MS = 180_000;
/** A page that is polled and clicked on stays far below this. */
const REQUESTS: BucketRule = { brim: 120, perS: 20 };
/** Of those who were not let in, and of other sites' pages, each for themselves: nobody guesses 256 bits, and a broken program need not try all day. */
const STRANGERS: BucketRule = { brim: 60, perS: 2 };
const COOKIE_S = 30 * 86_400;
const KEY_HEADER = 'x-irori-page-key';

const FAULTS: Readonly<Record<HeadFault, string>> = {
  'foreign-host': 'This page is only at 127.0.0.1 and localhost. Run irori-node open.',
  'foreign-origin': 'Only the page itself may ask.',
  'foreign-site': 'Only the page itself may ask.',
  'no-origin': 'Only the page itself may change anything: the request names no origin.',
  'not-json': 'The body must be application/json.',
  method: 'GET and POST only.',
};
const LOCKED = tellRefusal(401, 'locked', 'This browser has not been let in. Run irori-node open on this machine.');

const tokenSchema = z.strictObject({ token: z.string().min(1).max(100) });

/** Said with everything: nothing is kept, framed, guessed at or shown elsewhere. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;
const API_POLICY = "default-src 'none'; frame-ancestors 'none'";

export class PageServer {
  readonly #doors: ServerDoors;
  readonly #server: Server;
  readonly #requests = new Bucket();
  readonly #strangers = new Bucket();
  readonly #foreign = new Bucket();

  constructor(doors: ServerDoors) {
    this.#doors = doors;
    this.#server = createServer({
      maxHeaderSize: HEADER_BYTES,
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS,
      connectionsCheckingInterval: LATE_LOOK_MS,
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.setTimeout(SILENT_MS);
    this.#server.on('request', (request, response) => void this.#hear(request, response));
    // What is no HTTP gets no answer that could be taken for one.
    this.#server.on('clientError', (_, socket) => void socket.destroy());
    // Where it listens no more it was closed on purpose.
    this.#server.on('error', () => undefined);
  }

  /** Where it listens; 0 before it does. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** A place for it: the wanted one, where it was last, one of the next, or any. False where the system gives none. */
  async listen(wanted: number | null): Promise<boolean> {
    const first = wanted ?? this.#doors.sessions.port ?? USUAL_PORT;
    const next = Array.from({ length: NEXT_PORTS }, (_, i) => (wanted ?? USUAL_PORT) + i);
    for (const port of [first, ...next, 0]) {
      if (port > 65_535 || !(await listenAt(this.#server, port))) continue;
      await this.#doors.sessions.notePort(this.port);
      return true;
    }
    return false;
  }

  /** An address that opens the page once, within a minute. Its token stands behind the #: it reaches no server and no log on its way. */
  mintUrl(): string {
    return `${this.url}#open=${this.#doors.sessions.mint()}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      // Who hung up before the end of what they had to say wants no answer, and is no fault: nobody can fill the log with it.
      if (request.errored !== null) return void response.destroy();
      this.#doors.log.error('the page failed', { reason: describeError(error) });
      if (!response.headersSent) send(response, tellRefusal(500, 'internal', 'The agent failed. Its log says where.'));
      else response.destroy();
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // As it stands: no path here has dots or escapes in it.
    const [path = '', search = ''] = (request.url ?? '/').split('?', 2);
    const query = new URLSearchParams(search);
    const fault = judgeRequest(readHead(request), this.port, path === '/');
    // A site that knocks here must not use up what whoever has just run `irori-node open` needs.
    if (fault) return this.#refuse(response, tellFault(fault), this.#foreign);
    const method = request.method ?? '';
    // Others can use up only what is others': the page goes on for whoever was let in.
    const isLetIn = this.#isLetIn(request);
    if (isLetIn && !this.#take(response, this.#requests, REQUESTS)) return;
    if (path === '/' && method === 'GET') return this.#sendDocument(request, response);
    const isKnock = path === '/api/session' && method === 'POST';
    if (!isLetIn && !isKnock) return this.#refuse(response, LOCKED);
    const body = method === 'POST' ? await readBody(request) : '';
    if (body === null) return send(response, tellRefusal(413, 'too_large', `At most ${BODY_BYTES} bytes.`));
    if (isKnock) return this.#openSession(body, response);
    const answer = await answerPage(this.#doors.desk, { method, path, query, body });
    send(response, answer ?? tellRefusal(404, 'not_found', 'There is no such path.'));
  }

  /** The document says nothing of the home; what it shows it asks for with both secrets. */
  async #sendDocument(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isOpen = this.#doors.sessions.hasCookie(readCookie(request.headers.cookie, this.#cookieName()));
    const others = isForeignSite(readSite(request)) ? this.#foreign : this.#strangers;
    if (!isOpen && !this.#take(response, others, STRANGERS)) return;
    const { page, gate } = await this.#doors.documents();
    const { html, policy } = isOpen ? page : gate;
    response.writeHead(isOpen ? 200 : 401, {
      ...HEADERS,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'content-length': Buffer.byteLength(html),
    });
    response.end(html);
  }

  async #openSession(body: string, response: ServerResponse): Promise<void> {
    const read = tokenSchema.safeParse(parseJson(body));
    const secrets = read.success ? await this.#doors.sessions.redeem(read.data.token) : null;
    if (!secrets) return this.#refuse(response, LOCKED);
    const cookie = `${this.#cookieName()}=${secrets.cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${COOKIE_S}`;
    response.setHeader('set-cookie', cookie);
    send(response, { status: 200, type: 'application/json', text: JSON.stringify({ key: secrets.key }) });
  }

  #isLetIn(request: IncomingMessage): boolean {
    const key = request.headers[KEY_HEADER];
    const cookie = readCookie(request.headers.cookie, this.#cookieName());
    return this.#doors.sessions.hasBoth(cookie, typeof key === 'string' ? key : null);
  }

  #refuse(response: ServerResponse, answer: PageAnswer, whose = this.#strangers): void {
    if (this.#take(response, whose, STRANGERS)) send(response, answer);
  }

  /** False where there were too many: then that is answered. */
  #take(response: ServerResponse, bucket: Bucket, rule: BucketRule): boolean {
    const now = this.#doors.now();
    if (bucket.take(1, rule, now)) return true;
    response.setHeader('retry-after', String(Math.ceil(bucket.waitMs(1, rule, now) / 1000)));
    send(response, tellRefusal(429, 'too_many_requests', 'Too many requests at once. Wait a moment.'));
    return false;
  }

  /** Cookies are one for all ports of a machine: two agents must not overwrite each other's. */
  #cookieName(): string {
    return `irori_page_${this.port}`;
  }
}

function tellFault(fault: HeadFault): PageAnswer {
  return tellRefusal(fault === 'method' ? 405 : 403, fault.replace('-', '_'), FAULTS[fault]);
}

function readHead(request: IncomingMessage): Parameters<typeof judgeRequest>[0] {
  const { method = '', headers } = request;
  return {
    method,
    host: headers.host,
    origin: headers.origin,
    fetchSite: readSite(request),
    contentType: headers['content-type'],
  };
}

function readSite({ headers }: IncomingMessage): string | undefined {
  const site = headers['sec-fetch-site'];
  return Array.isArray(site) ? site.join() : site;
}

/** Null for one that is too long; the rest of it is not read. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  // The answer still has to go out where the rest is not read.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, { status, type, text, file }: PageAnswer): void {
  response.writeHead(status, {
    ...HEADERS,
    'content-type': type,
    'content-security-policy': API_POLICY,
    'content-length': Buffer.byteLength(text),
    ...(file === undefined ? {} : { 'content-disposition': `attachment; filename="${file}"` }),
    // What was not read to its end must not be taken for the next request.
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(text);
}

function listenAt(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // Both listeners go with the try: each further port would leave one behind, and after ten of them Node warns of a leak.
    const end = (isOpen: boolean): void => {
      server.off('error', fail);
      server.off('listening', open);
      if (isOpen) server.unref();
      resolve(isOpen);
    };
    const fail = (): void => end(false);
    const open = (): void => end(true);
    server.once('error', fail);
    server.once('listening', open);
    server.listen({ port, host: '127.0.0.1', exclusive: true });
  });
}

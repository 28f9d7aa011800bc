// The connections to one model server that chats go over: kept, the warmest first, each for one chat at a time. Node's own client costs several times as
// much: a stream object for each request and answer, and memory for each read, where here all reads share one buffer.
import { validateHeaderValue } from 'node:http';
import { connect, isIP } from 'node:net';
import type { LookupFunction, Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { HttpAnswer } from './http-answer.ts';
import type { AnswerEar } from './http-answer.ts';

/** What is told of a chat: a head, its body, and once either of the last two. */
export interface ChatEar extends AnswerEar {
  readonly onEnd: () => void;
  /** The connection broke before the end, or never came about. */
  readonly onBreak: (error: Error & { readonly code?: string }) => void;
}

/** A chat that was asked for. */
export interface ChatCall {
  /** It went over a connection that had served before: its server may have closed it in that very moment. */
  readonly isReused: boolean;
  /** Reads no further until `resume`: the server waits. */
  pause(): void;
  resume(): void;
  /** Nothing more is wanted, and nothing more is told. */
  drop(): void;
  /** What matters has come: the connection is dropped unless the answer's end comes within `ms`. */
  letGo(ms: number): void;
}

interface Place {
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** All of a request before its length. */
  readonly head: string;
}

/** More at once than any home has slots. */
const KEPT_MOST = 64;
/** Redirects of one server lead to few places. */
const PLACES_MOST = 16;
/** A connection is left so long before its server says that it closes it, ms. */
const EARLY_MS = 1_000;
const PROBE_AFTER_MS = 1_000;

/** Bytes of a read lie here until they have been taken, which is before the next read. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

export class ChatLines {
  readonly #lookup: LookupFunction;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #places = new Map<string, Place>();
  readonly #open = new Set<Line>();
  /** Free ones by origin, the one that served last at the end. */
  readonly #free = new Map<string, Line[]>();

  constructor(lookup: LookupFunction, headers: Readonly<Record<string, string>>) {
    this.#lookup = lookup;
    this.#headers = headers;
  }

  /** Sends a request with this JSON, or this body of another type, and tells what comes, from a later turn on. */
  post(url: string, body: string | Buffer, ear: ChatEar, type?: string): ChatCall {
    const place = type === undefined ? this.#placeOf(url) : makePlace(url, { ...this.#headers, 'content-type': type });
    const kept = this.#takeFree(originOf(place));
    const line = kept ?? this.#dial(place);
    return line.ask(writeRequest(place.head, body), ear, kept !== undefined);
  }

  /** Drops every connection, those in use too. */
  close(): void {
    for (const line of this.#open) line.drop();
  }

  #placeOf(url: string): Place {
    const known = this.#places.get(url);
    if (known) return known;
    const place = makePlace(url, this.#headers);
    if (this.#places.size >= PLACES_MOST) this.#places.clear();
    this.#places.set(url, place);
    return place;
  }

  #takeFree(origin: string): Line | undefined {
    const free = this.#free.get(origin);
    const now = performance.now();
    for (let line = free?.pop(); line; line = free?.pop()) {
      if (line.freeUntil > now && line.isOpen) return line;
      line.drop();
    }
    return undefined;
  }

  #dial(place: Place): Line {
    const origin = originOf(place);
    const line: Line = new Line(place, this.#lookup, {
      onFree: () => this.#keep(origin, line),
      onClose: () => this.#forget(origin, line),
    });
    this.#open.add(line);
    return line;
  }

  #keep(origin: string, line: Line): void {
    const free = this.#free.get(origin) ?? [];
    this.#free.set(origin, free);
    if (free.length >= KEPT_MOST) line.drop();
    else free.push(line);
  }

  #forget(origin: string, line: Line): void {
    this.#open.delete(line);
    const free = this.#free.get(origin);
    const at = free?.indexOf(line) ?? -1;
    if (at >= 0) free?.splice(at, 1);
    if (free?.length === 0) this.#free.delete(origin);
  }
}

/** One connection, and the chat that goes over it now. */
class Line {
  readonly #socket: Socket;
  readonly #onFree: () => void;
  #chat: Chat | null = null;
  #error: (Error & { code?: string }) | null = null;
  #isPaused = false;
  /** From when on it is not used any more, by `performance.now()`. */
  freeUntil = Number.POSITIVE_INFINITY;

  constructor(place: Place, lookup: LookupFunction, doors: { onFree: () => void; onClose: () => void }) {
    this.#onFree = doors.onFree;
    this.#socket = openSocket(place, lookup, (bytes) => this.#take(bytes));
    this.#socket.on('error', (error) => {
      this.#error = error;
    });
    this.#socket.on('end', () => this.#endWithConnection());
    this.#socket.on('close', () => {
      doors.onClose();
      this.#break(this.#error ?? Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.readable && this.#socket.writable;
  }

  ask(request: Buffer, ear: ChatEar, isReused: boolean): ChatCall {
    if (isReused) this.#socket.ref();
    this.#chat = new Chat(this, ear, isReused);
    this.#socket.write(request);
    return this.#chat;
  }

  /** The server waits until `pause(false)`. */
  pause(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }

  drop(): void {
    this.#takeChat();
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    const chat = this.#chat;
    // What comes unasked belongs to nobody.
    if (chat === null) return this.drop();
    let isWhole: boolean;
    try {
      isWhole = chat.feed(bytes);
    } catch (error) {
      this.#break(Object.assign(error instanceof Error ? error : new Error('no HTTP'), { code: 'ERR_NO_HTTP' }));
      this.#socket.destroy();
      return;
    }
    if (isWhole && this.#chat === chat) this.#end(chat);
  }

  #endWithConnection(): void {
    if (this.#chat?.answer.endsWithConnection === true) this.#end(this.#chat);
  }

  #end({ answer, ear }: Chat): void {
    this.#takeChat();
    // A server that answers before it has heard all of the request may not read the rest of it.
    if (!answer.isKept || !this.isOpen || this.#socket.writableLength > 0) this.#socket.destroy();
    else {
      const { keptForS } = answer;
      this.freeUntil = keptForS === null ? Number.POSITIVE_INFINITY : performance.now() + keptForS * 1000 - EARLY_MS;
      this.pause(false);
      this.#socket.unref();
      this.#onFree();
    }
    ear.onEnd();
  }

  #break(error: Error & { code?: string }): void {
    this.#takeChat()?.ear.onBreak(error);
  }

  /** Whatever comes from here on is not the chat's. */
  #takeChat(): Chat | null {
    const chat = this.#chat;
    this.#chat = null;
    chat?.rest();
    return chat;
  }
}

/** One chat's hold on its connection: none any more once it is over, since the connection then serves another. */
class Chat implements ChatCall {
  readonly ear: ChatEar;
  readonly answer: HttpAnswer;
  readonly isReused: boolean;
  #line: Line | null;
  #letGoMs: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isFed = false;

  constructor(line: Line, ear: ChatEar, isReused: boolean) {
    this.#line = line;
    this.ear = ear;
    this.answer = new HttpAnswer(ear);
    this.isReused = isReused;
  }

  pause(): void {
    this.#line?.pause(true);
  }

  resume(): void {
    this.#line?.pause(false);
  }

  drop(): void {
    this.#line?.drop();
  }

  letGo(ms: number): void {
    this.#letGoMs = ms;
    this.#line?.pause(false);
    if (!this.#isFed) this.#waitForEnd();
  }

  /** Takes the next bytes of the answer; true when it is whole. Throws where they are no HTTP. */
  feed(bytes: Buffer): boolean {
    this.#isFed = true;
    this.answer.feed(bytes);
    this.#isFed = false;
    // Its end mostly comes with the last words: only where it has not there is something to wait for.
    if (!this.answer.isWhole) this.#waitForEnd();
    return this.answer.isWhole;
  }

  rest(): void {
    clearTimeout(this.#timer);
    this.#line = null;
  }

  #waitForEnd(): void {
    if (this.#letGoMs === null || this.#timer !== undefined || this.#line === null) return;
    this.#timer = setTimeout(() => this.drop(), this.#letGoMs).unref();
  }
}

function originOf({ isSecure, host, port }: Place): string {
  return `${isSecure ? 's' : ''}/${host}/${port}`;
}

function makePlace(url: string, headers: Readonly<Record<string, string>>): Place {
  const { protocol, hostname, port, host, pathname, search } = new URL(url);
  const isSecure = protocol === 'https:';
  const lines = { host, connection: 'keep-alive', ...headers };
  for (const [name, value] of Object.entries(lines)) validateHeaderValue(name, value);
  const told = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  return {
    isSecure,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (isSecure ? 443 : 80),
    head: `POST ${pathname}${search} HTTP/1.1\r\n${told.join('')}content-length: `,
  };
}

function writeRequest(head: string, body: string | Buffer): Buffer {
  const length = Buffer.byteLength(body);
  const start = `${head}${length}\r\n\r\n`;
  const request = Buffer.allocUnsafe(start.length + length);
  request.write(start, 0, 'latin1');
  if (typeof body === 'string') request.write(body, start.length, 'utf8');
  else body.copy(request, start.length);
  return request;
}

function openSocket({ isSecure, host, port }: Place, lookup: LookupFunction, onBytes: (bytes: Buffer) => void): Socket {
  const options = { host, port, lookup, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS };
  if (isSecure) {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = connectSecurely({ ...options, ...servername, ALPNProtocols: ['http/1.1'] });
    return socket.on('data', onBytes);
  }
  const take = (length: number): boolean => {
    onBytes(shared.subarray(0, length));
    return true;
  };
  return connect({ ...options, onread: { buffer: shared, callback: take } });
}

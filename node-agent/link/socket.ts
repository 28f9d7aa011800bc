// The one door to the WebSocket library: dials out, keeps the line alive, closes properly. Knows nothing of frames.
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { MAX_MESSAGE_BYTES, PING, PING_INTERVAL_MS, PONG } from '../../schema/frames.ts';
import type { MessageSink } from '../jobs/frame-writer.ts';
import type { LinkOutcome } from './decide-retry.ts';
import { readRefusal } from './read-refusal.ts';
import { findProxy, makeRouterAgent } from './router-agent.ts';
import { tellNetworkFault } from './tell-network-fault.ts';

interface SocketEvents {
  readonly onOpen: (socket: HubSocket) => void;
  /** A binary message; the bytes are only borrowed until the call returns. */
  readonly onMessage: (bytes: Uint8Array) => void;
  /** Each message's size, bytes, whichever way it went. */
  readonly onTraffic?: (bytes: number) => void;
  /** Called once, whatever happened first. */
  readonly onEnd: (outcome: LinkOutcome) => void;
}

export interface SocketTimes {
  readonly dialMs: number;
  readonly pingMs: number;
  /** How long after a ping the answer may take. */
  readonly pongMs: number;
}

export const SOCKET_TIMES: SocketTimes = { dialMs: 15_000, pingMs: PING_INTERVAL_MS, pongMs: 20_000 };
/** A peer that does not answer a close is dropped after this. */
const CLOSE_WAIT_MS = 2_000;
const REFUSAL_BYTES = 8 * 1024;

export interface HubSocket extends MessageSink {
  /** Says goodbye; `onEnd` follows. Codes: 1000, or 4000 to 4999. */
  close(code: number, reason: string): void;
  /** Asks whether anybody is there still; a connection that does not answer within so long ends. */
  prove(limitMs: number): void;
}

export interface Dial {
  readonly stop: () => void;
  /** Asks the hub for a sign of life; false where none comes within so many ms. */
  readonly check: (limitMs: number) => Promise<boolean>;
}

/** Dials and returns at once; the events tell the rest. `stop` ends the attempt or the connection at once. */
export function dialHub(
  url: string,
  headers: Readonly<Record<string, string>>,
  events: SocketEvents,
  times: SocketTimes = SOCKET_TIMES,
): Dial {
  const ws = new WebSocket(url, {
    headers,
    agent: makeRouterAgent(url, process.env),
    // Deflate would double the CPU of both ends and make short JSON hardly shorter.
    perMessageDeflate: false,
    handshakeTimeout: times.dialMs,
    maxPayload: MAX_MESSAGE_BYTES,
    followRedirects: false,
  });
  const life = new SocketLife(ws, events, times);
  return {
    stop: () => life.end({ kind: 'closed', closeCode: 1000, reason: 'stopped here' }),
    check: (limitMs) => life.check(limitMs),
  };
}

class SocketLife implements HubSocket {
  readonly #ws: WebSocket;
  readonly #events: SocketEvents;
  readonly #times: SocketTimes;
  #pinger: NodeJS.Timeout | undefined;
  #pongTimer: NodeJS.Timeout | undefined;
  #hasEnded = false;
  /** Who waits for the next word of the hub. */
  #listeners: (() => void)[] = [];

  constructor(ws: WebSocket, events: SocketEvents, times: SocketTimes) {
    this.#ws = ws;
    this.#events = events;
    this.#times = times;
    ws.binaryType = 'nodebuffer';
    ws.on('open', () => this.#open());
    ws.on('message', (data, isBinary) => this.#hear(data, isBinary));
    ws.on('close', (code, reason) =>
      this.end({ kind: 'closed', closeCode: code, reason: reason.toString('utf8').slice(0, 123) }),
    );
    ws.on('error', (error) => this.end({ kind: 'network', message: describeNetworkError(error, ws.url) }));
    ws.on('unexpected-response', (_request, response) => this.#readRefusal(response));
  }

  get bufferedAmount(): number {
    return this.#ws.bufferedAmount;
  }

  send(message: Uint8Array): void {
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#events.onTraffic?.(message.length);
    this.#ws.send(message);
  }

  prove(limitMs: number): void {
    clearTimeout(this.#pongTimer);
    this.#pongTimer = undefined;
    this.#ping(limitMs);
  }

  close(code: number, reason: string): void {
    clearInterval(this.#pinger);
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.close(code, reason);
    setTimeout(() => this.end({ kind: 'closed', closeCode: code, reason }), CLOSE_WAIT_MS).unref();
  }

  end(outcome: LinkOutcome): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#pinger);
    clearTimeout(this.#pongTimer);
    this.#ws.terminate();
    this.#events.onEnd(outcome);
  }

  async check(limitMs: number): Promise<boolean> {
    if (this.#hasEnded || this.#ws.readyState !== WebSocket.OPEN) return false;
    const heard = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), limitMs);
      this.#listeners.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
    this.#ping();
    return heard;
  }

  #open(): void {
    this.#pinger = setInterval(() => this.#ping(), this.#times.pingMs);
    this.#events.onOpen(this);
  }

  /** Text, not a protocol ping: the platform answers it without waking the hub. */
  #ping(limitMs = this.#times.pongMs): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(PING);
    const silence = `The hub did not answer a ping within ${limitMs} ms.`;
    this.#pongTimer ??= setTimeout(() => this.end({ kind: 'silent', message: silence }), limitMs);
  }

  #hear(data: unknown, isBinary: boolean): void {
    if (this.#hasEnded) return;
    for (const tell of this.#listeners.splice(0)) tell();
    if (Buffer.isBuffer(data)) this.#events.onTraffic?.(data.length);
    if (isBinary && Buffer.isBuffer(data)) return this.#events.onMessage(data);
    if (!Buffer.isBuffer(data) || data.toString('utf8') !== PONG) return;
    clearTimeout(this.#pongTimer);
    this.#pongTimer = undefined;
  }

  #readRefusal(response: IncomingMessage): void {
    const parts: Buffer[] = [];
    let length = 0;
    const answer = (): void => {
      const retryAfter = response.headers['retry-after'];
      this.end(readRefusal(response.statusCode ?? 0, retryAfter, Buffer.concat(parts).toString('utf8')));
    };
    response.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= REFUSAL_BYTES) parts.push(part);
      else answer();
    });
    response.on('end', answer);
    response.on('error', answer);
  }
}

function describeNetworkError(error: Error, url: string): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return tellNetworkFault({ code, message: error.message }, url, findProxy(url, process.env));
}

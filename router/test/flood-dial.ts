// A dial that goes as far as the test wants: silent, with any bytes, with a proper hello, reading or not. It does not look at what it hears.
import { WebSocket } from 'ws';
import { challengeSchema } from '../../schema/frames-to-node.ts';
import { decodeFrames, encodeJsonFrame, FRAME, nameFrame, readJson } from '../../schema/frames.ts';
import type { Frame } from '../../schema/frames.ts';
import type { Hex } from '../../schema/bytes.ts';
import type { RawNode } from './raw-node.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';

export interface DialOptions {
  readonly token?: string;
  /** As the platform tells the router where a dial comes from. */
  readonly from?: string;
  readonly place?: string;
}

export class FloodDial {
  /** The status of a dial that was refused. */
  status: number | null = null;
  closeCode: number | null = null;
  /** Frames heard, by name, and the newest error's code. */
  readonly heard = new Map<string, number>();
  error: string | null = null;
  nonce: Hex | null = null;
  readonly #ws: WebSocket;

  constructor(stack: Stack, nodeId: string, { token, from, place = '48.9,2.4,FR' }: DialOptions = {}) {
    this.#ws = new WebSocket(`${stack.url.replace('http', 'ws')}/node/link`, {
      headers: {
        'x-irori-node': nodeId,
        'x-irori-place': place,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(from === undefined ? {} : { 'cf-connecting-ip': from }),
      },
    });
    this.#ws.on('message', (data) => this.#hear(data as Buffer));
    this.#ws.on('unexpected-response', (_request, response) => {
      this.status = response.statusCode ?? 0;
      response.resume();
      this.#end(0);
    });
    this.#ws.on('error', () => this.#end(this.closeCode ?? 1006));
    this.#ws.on('close', (code) => this.#end(code));
  }

  /** False from the moment on that the router says goodbye, though the line may stand until it is given up. */
  get isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  /** Resolves when it has heard the challenge or was refused. */
  async settled(): Promise<this> {
    await until('a challenge or a refusal', () => this.nonce !== null || this.closeCode !== null);
    return this;
  }

  /** Proves that it is this home, and tells what it serves. */
  async enter(node: RawNode): Promise<this> {
    await this.settled();
    this.send(encodeHello(node, this.nonce ?? '0x'));
    await until('the welcome', () => this.heard.has('welcome') || this.closeCode !== null);
    return this;
  }

  send(bytes: Uint8Array | string): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(bytes);
  }

  /** From now on it reads nothing. */
  stopReading(): void {
    this.#ws.pause();
  }

  end(): void {
    this.#ws.terminate();
  }

  #end(code: number): void {
    this.closeCode ??= code;
  }

  #hear(data: Buffer): void {
    const frames = decodeFrames(data);
    if (frames.ok) for (const frame of frames.value) this.#hearFrame(frame);
  }

  #hearFrame(frame: Frame): void {
    const name = nameFrame(frame.type) ?? String(frame.type);
    this.heard.set(name, (this.heard.get(name) ?? 0) + 1);
    if (frame.type !== FRAME.error && frame.type !== FRAME.challenge) return;
    const json = readJson(frame);
    if (!json.ok) return;
    if (frame.type === FRAME.challenge) this.nonce = challengeSchema.parse(json.value).nonce;
    else this.error = (json.value as { code: string }).code;
  }
}

/** The hello of a home over a challenge; `signature` in the place of its own. */
export function encodeHello(node: RawNode, nonce: Hex, signature?: Hex): Uint8Array {
  return encodeJsonFrame('hello', { ...node.makeHello(nonce), ...(signature && { signature }) });
}

/** The same bytes so many times, as one message. */
export function repeat(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length);
  return all;
}

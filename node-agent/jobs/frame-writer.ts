// Gathers the frames of one turn of the event loop into one WebSocket message, those of a millisecond where many follow each other, and says when the
// socket is full. Knows nothing of jobs.
import { MAX_MESSAGE_FRAMES } from '../../schema/frames.ts';

/** The part of a socket that a writer needs. */
export interface MessageSink {
  /** Bytes that the operating system has not taken yet. */
  readonly bufferedAmount: number;
  send(message: Uint8Array): void;
}

/** Above this the network is slower than the backends: jobs must wait. */
const HIGH_WATER_BYTES = 1024 * 1024;
const LOW_WATER_BYTES = 256 * 1024;
const DRAIN_POLL_MS = 10;
/** Far below MAX_MESSAGE_BYTES, so that no gathering of frames makes an unreadable message. */
const MESSAGE_BYTES = 512 * 1024;
const MESSAGE_FRAMES = MAX_MESSAGE_FRAMES / 2;
/**
 * A message costs both ends several times what a frame in it costs. So where the last two left within DENSE_MS the next one gathers for GATHER_MS; what is
 * sent now and then leaves at once.
 */
const DENSE_MS = 2;
const GATHER_MS = 1;

export class FrameWriter {
  readonly #sink: MessageSink;
  readonly #onDrain: () => void;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the last message left, by `performance.now()`, and how long after the one before it. */
  #sentAt = Number.NEGATIVE_INFINITY;
  #gapMs = Number.POSITIVE_INFINITY;
  #poll: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `onDrain` is called after `isFull` was seen true and the socket has room again. */
  constructor(sink: MessageSink, onDrain: () => void) {
    this.#sink = sink;
    this.#onDrain = onDrain;
  }

  /** True when nothing more should be written until `onDrain`. */
  get isFull(): boolean {
    if (this.#bytes + this.#sink.bufferedAmount < HIGH_WATER_BYTES) return false;
    this.#poll ??= setInterval(() => this.#checkDrain(), DRAIN_POLL_MS);
    return true;
  }

  /** The socket is gone: what is pushed goes nowhere. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The frame leaves with the others of this turn, or of this millisecond. */
  push(frame: Uint8Array): void {
    if (this.#isClosed) return;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (this.#bytes >= MESSAGE_BYTES || this.#frames.length >= MESSAGE_FRAMES) return this.flush();
    if (this.#frames.length === 1) this.#schedule();
  }

  /** The frame leaves now, behind whatever was gathered before it. */
  pushNow(frame: Uint8Array): void {
    this.push(frame);
    this.flush();
  }

  flush(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.#frames = [];
    this.#bytes = 0;
    const now = performance.now();
    this.#gapMs = now - this.#sentAt;
    this.#sentAt = now;
    const only = frames.length === 1 ? frames[0] : undefined;
    this.#sink.send(only ?? Buffer.concat(frames));
  }

  /** Drops what was not sent and stops watching the socket. */
  close(): void {
    this.#isClosed = true;
    this.#frames = [];
    this.#bytes = 0;
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    clearInterval(this.#poll);
    this.#poll = undefined;
  }

  #schedule(): void {
    const isDense = this.#gapMs < DENSE_MS && performance.now() - this.#sentAt < DENSE_MS;
    if (isDense) this.#timer = setTimeout(() => this.flush(), GATHER_MS);
    else this.#immediate = setImmediate(() => this.flush());
  }

  #checkDrain(): void {
    if (this.#sink.bufferedAmount > LOW_WATER_BYTES) return;
    clearInterval(this.#poll);
    this.#poll = undefined;
    this.#onDrain();
  }
}

// The bytes of one part between hub and edge: a queue counted in bytes, drained only when the edge reads, that grants the node credit as it drains.
import { ALIVE_RECORD, encodeDataRecord } from '../../schema/records.ts';
import type { DataPiece } from '../../schema/records.ts';

/** Credit goes back to the node in steps of at least this many bytes: a frame for each chunk would cost more than it frees. */
const CREDIT_STEP_BYTES = 64 * 1024;
const MAX_RECORD_BYTES = 1024 * 1024;

export interface PartStreamEvents {
  /** The edge has read this many bytes: the node may send as many more. */
  readonly onCredit: (bytes: number) => void;
  /** The edge went away before the end. */
  readonly onCancel: () => void;
}

export class PartStream {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #queue: DataPiece[] = [];
  #queuedBytes = 0;
  #readBytes = 0;
  #tail: Uint8Array | null = null;
  #isWanted = false;
  #isClosed = false;
  readonly #events: PartStreamEvents;

  constructor(events: PartStreamEvents) {
    this.#events = events;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => {
          this.#isWanted = true;
          this.flush();
        },
        cancel: () => {
          if (this.#isClosed) return;
          this.#isClosed = true;
          this.#queue = [];
          this.#queuedBytes = 0;
          events.onCancel();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Bytes that wait for the edge to read them. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Queues event bytes without writing yet: chunks that come together leave as one write at `flush`. */
  push(piece: DataPiece): void {
    if (this.#isClosed) return;
    this.#queue.push(piece);
    this.#queuedBytes += piece.events.length;
  }

  /** Writes a whole record (head) ahead of everything queued. */
  pushRecord(record: Uint8Array): void {
    this.#controller?.enqueue(record);
    this.#isWanted = false;
  }

  /** Tells an edge that waits that the hub is there; one that has something to read needs no telling. */
  tellAlive(): void {
    if (!this.#isWanted || this.#isClosed || this.#queue.length > 0) return;
    this.#isWanted = false;
    this.#controller?.enqueue(ALIVE_RECORD);
  }

  /** Ends the stream with this record after everything queued. */
  end(record: Uint8Array): void {
    this.#tail = record;
    this.flush();
  }

  /** Hands what is queued to a reading edge, thinking and text in records of their own; does nothing while it is not reading. */
  flush(): void {
    const controller = this.#controller;
    if (!controller || this.#isClosed) return;
    if (this.#isWanted && this.#queue.length > 0) {
      this.#isWanted = false;
      const { pieces, bytes } = this.#takeQueue();
      controller.enqueue(encodeDataRecord(pieces));
      this.#grant(bytes);
    }
    if (this.#tail && this.#queue.length === 0) {
      this.#isClosed = true;
      controller.enqueue(this.#tail);
      controller.close();
    }
  }

  #takeQueue(): { pieces: DataPiece[]; bytes: number } {
    const isThinking = this.#queue[0]?.isThinking === true;
    let [count, bytes] = [0, 0];
    for (const piece of this.#queue) {
      if (bytes >= MAX_RECORD_BYTES || (piece.isThinking === true) !== isThinking) break;
      bytes += piece.events.length;
      count++;
    }
    const pieces = this.#queue.splice(0, count);
    this.#queuedBytes -= bytes;
    return { pieces, bytes };
  }

  #grant(bytes: number): void {
    this.#readBytes += bytes;
    if (this.#readBytes < CREDIT_STEP_BYTES) return;
    const granted = this.#readBytes;
    this.#readBytes = 0;
    this.#events.onCredit(granted);
  }
}

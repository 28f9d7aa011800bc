// The body of one part on its way from hub to edge: a queue counted in bytes, drained only when the edge reads, that grants the node credit as it drains.
// What leaves is what the caller reads: events as the home wrote them, and in silence a line that says nothing.
import { concatBytes } from '../../schema/bytes.ts';
import { COMMENT_LINE } from '../../schema/chunks.ts';
import type { DataPiece } from '../../schema/records.ts';
import { encodeTold } from '../../schema/told-events.ts';

/** Credit goes back to the node in steps of at least this many bytes: a frame for each chunk would cost more than it frees. */
const CREDIT_STEP_BYTES = 64 * 1024;
const MAX_WRITE_BYTES = 1024 * 1024;
/** An edge that took the last write at once is given the next one unasked, up to so much: to be asked each time is one more turn of the platform's. What was taken is granted to the home anew. */
const UNASKED_BYTES = 16 * 1024;
/** A whole answer is read by nobody on the way: it leaves at its end, or when so much of it waits. */
const WHOLE_WRITE_BYTES = 64 * 1024;
/** A closed connection is only noticed when something is written, and an edge takes a hub for lost that writes nothing. */
const COMMENT_AFTER_MS = 500;
/** The first line comes so much later: a first token that is no longer in coming has none before it. */
const FIRST_AFTER_MS = 500;

export interface PartStreamDoors {
  /** The edge has read this many bytes: the node may send as many more. */
  readonly onCredit: (bytes: number) => void;
  /** The edge went away before the end. */
  readonly onCancel: () => void;
  /** An event that says nothing, for the first after comments. */
  readonly empty: Uint8Array;
  /** The ids of its tokens stand before each piece. */
  readonly isTold: boolean;
  /** The caller waits for the whole answer. */
  readonly isWhole: boolean;
}

export class PartStream {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #queue: DataPiece[] = [];
  #queuedBytes = 0;
  #readBytes = 0;
  #tail: Uint8Array | null = null;
  /** The edge waits for something, as far as is known: it has asked, or took the last write at once. */
  #isWanted = false;
  /** It has asked since the last write. */
  #isAsked = false;
  /** What was written last lies with the platform still, and has events. */
  #isUntaken = false;
  /** Lets the platform ask again; null while it may. */
  #askAgain: (() => void) | null = null;
  #isClosed = false;
  /** Comments were the last that was written. */
  #isSilent = false;
  #writtenAt: number;
  readonly #doors: PartStreamDoors;

  constructor(doors: PartStreamDoors, now: number) {
    this.#doors = doors;
    this.#writtenAt = now + FIRST_AFTER_MS;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#onAsked(),
        cancel: () => {
          if (this.#isClosed) return;
          this.#isClosed = true;
          this.#isUntaken = false;
          this.#queue = [];
          this.#queuedBytes = 0;
          doors.onCancel();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** True while something waits for an edge that does not read. */
  get isStalled(): boolean {
    if (this.#isWanted) return false;
    return this.#queuedBytes > 0 || (this.#isUntaken && this.#isLying);
  }

  /** False once all of it was written, or the edge went away. */
  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** Queues events without writing yet: chunks that come together leave as one write at `flush`. */
  push(piece: DataPiece): void {
    if (this.#isClosed) return;
    this.#queue.push(piece);
    this.#queuedBytes += piece.events.length;
  }

  /** Called a few times a second: a line for an edge that waits and has had nothing for a while; one that has something to read needs none. */
  breathe(now: number): void {
    if (!this.#isWanted || this.#isClosed) return;
    const silentMs = now - this.#writtenAt;
    // Known by the next time.
    if (!this.#isAsked && silentMs >= COMMENT_AFTER_MS / 2) return this.#waitToBeAsked();
    if (silentMs < COMMENT_AFTER_MS) return;
    this.#writtenAt = now;
    this.#isSilent = true;
    this.#enqueue(COMMENT_LINE);
  }

  /** Ends the body with these last events behind everything queued; with none where the part broke off. */
  end(tail: Uint8Array | null): void {
    this.#tail = tail ?? NOTHING;
    this.#write();
  }

  /** Hands what is queued to an edge that reads; does nothing while it does not. */
  flush(now: number): void {
    this.#write(now);
  }

  #write(now = Date.now()): void {
    const controller = this.#controller;
    if (!controller || this.#isClosed) return;
    const isDue = !this.#doors.isWhole || this.#tail !== null || this.#queuedBytes >= WHOLE_WRITE_BYTES;
    if (this.#queue.length > 0 && isDue && this.#mayWrite()) {
      this.#writtenAt = now;
      this.#give();
    }
    if (this.#tail && this.#queue.length === 0) {
      this.#isClosed = true;
      if (this.#tail.length > 0) this.#enqueue(this.#endSilence(this.#tail));
      controller.close();
    }
  }

  /** The edge waits for more. The platform asks no more until the promise that it is given resolves: once a write was not taken at once. */
  #onAsked(): Promise<void> | undefined {
    this.#isWanted = true;
    this.#isAsked = true;
    this.#isUntaken = false;
    this.#write();
    if (!this.#isWanted || this.#isClosed) return undefined;
    return new Promise((resolve) => void (this.#askAgain = resolve));
  }

  /** False where nobody waits, and where so much is written only to one who has asked. */
  #mayWrite(): boolean {
    if (this.#isWanted && !this.#isAsked && this.#queuedBytes > UNASKED_BYTES) this.#waitToBeAsked();
    return this.#isWanted;
  }

  #waitToBeAsked(): void {
    this.#isWanted = false;
    this.#askAgain?.();
    this.#askAgain = null;
  }

  /** What was written last waits for its reader. */
  get #isLying(): boolean {
    return (this.#controller?.desiredSize ?? 0) < 0;
  }

  #give(): void {
    const pieces = this.#takeQueue();
    const only = pieces.length === 1 ? pieces[0] : undefined;
    const events = only ? only.events : concatBytes(pieces.map((piece) => piece.events));
    const counts = this.#doors.isTold ? countTold(pieces) : NO_COUNTS;
    // A whole answer and its last events are one write.
    const isAll = this.#doors.isWhole && this.#tail !== null && this.#queue.length === 0;
    const bytes = isAll && this.#tail ? concatBytes([events, this.#tail]) : events;
    if (isAll) this.#tail = NOTHING;
    this.#enqueue(this.#endSilence(bytes), counts);
    this.#isUntaken = !this.#isWanted;
    // Nobody comes for the rest but an edge that asks.
    if (this.#queue.length > 0) this.#waitToBeAsked();
    this.#grant(events.length);
  }

  #endSilence(events: Uint8Array): Uint8Array {
    const isFirst = this.#isSilent && !this.#doors.isWhole;
    this.#isSilent = false;
    return isFirst ? concatBytes([this.#doors.empty, events]) : events;
  }

  #enqueue(bytes: Uint8Array, counts = NO_COUNTS): void {
    this.#controller?.enqueue(this.#doors.isTold ? encodeTold({ bytes, ...counts }) : bytes);
    this.#isAsked = false;
    if (this.#isLying) this.#waitToBeAsked();
  }

  #takeQueue(): DataPiece[] {
    if (this.#queuedBytes > MAX_WRITE_BYTES) return this.#takeSome();
    const pieces = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return pieces;
  }

  #takeSome(): DataPiece[] {
    let [count, bytes] = [0, 0];
    for (const piece of this.#queue) {
      if (bytes >= MAX_WRITE_BYTES) break;
      bytes += piece.events.length;
      count++;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #grant(bytes: number): void {
    this.#readBytes += bytes;
    if (this.#readBytes < CREDIT_STEP_BYTES) return;
    const granted = this.#readBytes;
    this.#readBytes = 0;
    this.#doors.onCredit(granted);
  }
}

const NOTHING = new Uint8Array(0);
const NO_COUNTS: Counts = { tokens: 0, tokenIds: [] };

interface Counts {
  readonly tokens: number;
  readonly tokenIds: readonly number[] | null;
}

/** Of text alone: nobody goes on from what was thought. Ids count only where every piece has them. */
function countTold(pieces: readonly DataPiece[]): Counts {
  const texts = pieces.filter(({ isThinking, isCalls }) => isThinking !== true && isCalls !== true);
  const tokens = texts.reduce((sum, piece) => sum + piece.tokens, 0);
  const isKnown = texts.every(({ tokenIds }) => tokenIds !== null);
  return { tokens, tokenIds: isKnown ? texts.flatMap(({ tokenIds }) => tokenIds ?? []) : null };
}

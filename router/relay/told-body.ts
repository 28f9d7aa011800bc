// The body of a part whose home tells the ids of its tokens: they are taken out on the way to the caller, and kept. Only the built-in model does; its
// tokens are few enough that JavaScript may read each.
import { concatBytes } from '../../schema/bytes.ts';
import { ToldReader } from '../../schema/told-events.ts';
import { MAX_KEPT_BYTES } from './part-body.ts';
import type { PartBody } from './part-body.ts';

export class ToldBody implements PartBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #pieces = new ToldReader();
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #tokenIds: number[] | null = [];
  #isTooLong = false;
  #isOver = false;
  /** Read ahead of the caller: the first, by which the answer's status is decided. */
  #ahead: Uint8Array | null = null;
  #waitingSinceAt: number | null = null;
  #cancel: () => void = () => undefined;
  readonly #cancelled = new Promise<void>((resolve) => void (this.#cancel = resolve));

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          while (!this.#isOver && this.#ahead === null) await this.#read();
          const bytes = this.#ahead;
          this.#ahead = null;
          if (bytes) controller.enqueue(bytes);
          else controller.close();
        },
        cancel: () => this.cancel(),
      },
      { highWaterMark: 0 },
    );
  }

  get kept(): Uint8Array {
    return concatBytes(this.#kept);
  }

  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  get hasBegun(): boolean {
    return this.#keptBytes > 0;
  }

  get waitingSinceAt(): number | null {
    return this.#waitingSinceAt;
  }

  get tokenIds(): readonly number[] | null {
    return this.#tokenIds;
  }

  async begin(): Promise<void> {
    while (!this.#isOver && this.#ahead === null) await this.#read();
  }

  /** All has been read when the caller has been given it. */
  look(): void {
    return undefined;
  }

  async finish(): Promise<void> {
    return undefined;
  }

  cancel(): void {
    this.#isOver = true;
    this.#cancel();
    void this.#reader.cancel().catch(() => undefined);
  }

  async #read(): Promise<void> {
    this.#waitingSinceAt = Date.now();
    try {
      const read = await Promise.race([this.#reader.read(), this.#cancelled]);
      if (!read || read.done) this.#isOver = true;
      else this.#take(read.value);
    } catch {
      // Its hub went away: whole pieces are all that counts.
      this.#isOver = true;
    } finally {
      this.#waitingSinceAt = null;
    }
  }

  #take(chunk: Uint8Array): void {
    const pieces = this.#pieces.push(chunk);
    if (pieces.length === 0) return;
    const bytes = concatBytes(pieces.map((piece) => piece.bytes));
    this.#ahead = bytes;
    this.#keptBytes += bytes.length;
    if (this.#keptBytes > MAX_KEPT_BYTES) {
      this.#isTooLong = true;
      this.#kept = [];
      this.#tokenIds = null;
      return;
    }
    this.#kept.push(bytes);
    for (const { tokenIds } of pieces) {
      if (tokenIds && this.#tokenIds) this.#tokenIds.push(...tokenIds);
      else this.#tokenIds = null;
    }
  }
}

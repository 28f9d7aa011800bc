// The body of most parts: the platform passes it on by itself, and no JavaScript reads what the caller reads. The edge has a copy, which it looks into about
// once a second and at the end. The copy follows the faster of the two readers: what it may be ahead of a caller who does not read is bounded by what is kept.
import { concatBytes } from '../../schema/bytes.ts';
import { MAX_KEPT_BYTES } from './part-body.ts';
import type { PartBody } from './part-body.ts';

/** A look reads so much at once, until it has all that was there. */
const LOOK_BYTES = 32 * 1024;

export class PartCopy implements PartBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly tokenIds = null;
  readonly #reader: ReadableStreamBYOBReader;
  #blocks: Uint8Array[] = [];
  #bytes = 0;
  #isTooLong = false;
  #isOver = false;
  #look: Promise<void> | null = null;
  #waitingSinceAt: number | null = null;
  #cancel: () => void = () => undefined;
  readonly #cancelled = new Promise<void>((resolve) => void (this.#cancel = resolve));

  constructor(body: ReadableStream<Uint8Array>) {
    const [stream, copy] = body.tee();
    this.stream = stream;
    this.#reader = copy.getReader({ mode: 'byob' });
  }

  get kept(): Uint8Array {
    const all = concatBytes(this.#blocks);
    this.#blocks = [all];
    return all;
  }

  get isTooLong(): boolean {
    return this.#isTooLong;
  }

  get hasBegun(): boolean {
    return this.#bytes > 0;
  }

  get waitingSinceAt(): number | null {
    return this.#waitingSinceAt;
  }

  begin(): Promise<void> {
    return this.hasBegun || this.#isOver ? Promise.resolve() : this.#read();
  }

  look(): void {
    if (!this.#isOver) void this.#read();
  }

  async finish(): Promise<void> {
    while (!this.#isOver) await this.#read();
  }

  cancel(): void {
    this.#end();
    this.#cancel();
    void this.#reader.cancel().catch(() => undefined);
  }

  /** One read at a time; never rejects. */
  #read(): Promise<void> {
    this.#look ??= this.#take().finally(() => void (this.#look = null));
    return this.#look;
  }

  async #take(): Promise<void> {
    this.#waitingSinceAt = Date.now();
    try {
      // A full look may have left more.
      for (let isFull = true; isFull && !this.#isOver;) {
        const read = await Promise.race([this.#reader.read(new Uint8Array(LOOK_BYTES)), this.#cancelled]);
        if (!read || read.done) return this.#end();
        isFull = read.value.length === LOOK_BYTES;
        this.#keep(read.value);
      }
    } catch {
      // Its hub went away: what came before has been kept.
      this.#end();
    } finally {
      this.#waitingSinceAt = null;
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_KEPT_BYTES) {
      this.#isTooLong = true;
      this.#blocks = [];
      return this.cancel();
    }
    // A look that found little must not hold its whole buffer.
    this.#blocks.push(bytes.length < LOOK_BYTES / 2 ? bytes.slice() : bytes);
  }

  #end(): void {
    this.#isOver = true;
  }
}

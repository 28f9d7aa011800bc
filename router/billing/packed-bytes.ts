// Small numbers, texts and fixed fields, one after another in a few bytes: how the archive keeps receipts.
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class PackedWriter {
  readonly #bytes: number[] = [];

  /** A whole number ≥ 0 of any size, seven bits a byte. */
  number(value: number | bigint): void {
    let rest = BigInt(value);
    if (rest < 0n) throw new RangeError('only whole numbers ≥ 0 are packed');
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes.push(Number(rest & 0x7fn) | 0x80);
    this.#bytes.push(Number(rest));
  }

  /** Hex digits of so many bytes, as the reader knows. Throws RangeError on any other text. */
  hex(value: Hex, length: number): void {
    const bytes = fromHex(value);
    if (bytes.length !== length) throw new RangeError(`not ${length} bytes`);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  text(value: string): void {
    const bytes = encoder.encode(value);
    this.number(bytes.length);
    this.raw(bytes);
  }

  take(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }
}

/** Reads what PackedWriter wrote, in the same order. Throws RangeError where the bytes end too soon. */
export class PackedReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  big(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const [byte = 0] = this.raw(1);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  number(): number {
    return Number(this.big());
  }

  hex(length: number): Hex {
    return toHex(this.raw(length));
  }

  raw(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('packed bytes end too soon');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  text(): string {
    return decoder.decode(this.raw(this.number()));
  }
}

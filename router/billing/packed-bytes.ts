// Small numbers, texts and fixed fields, one after another in a few bytes: how books and archive keep receipts.
import { toHex, writeHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const FIRST_BYTES = 512;
/** What a number has beyond its lowest seven bits is read faster as a number than as a bigint, as long as it is one exactly. */
const SEVEN_BITS = 0x80;

export class PackedWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  /** A whole number ≥ 0 of any size, seven bits a byte. */
  number(value: number | bigint): void {
    if (typeof value === 'bigint' && value > BigInt(Number.MAX_SAFE_INTEGER)) return this.#wide(value);
    let rest = Number(value);
    if (!Number.isInteger(rest) || rest < 0) throw new RangeError('only whole numbers ≥ 0 are packed');
    if (rest > Number.MAX_SAFE_INTEGER) return this.#wide(BigInt(rest));
    for (; rest >= SEVEN_BITS; rest = Math.floor(rest / SEVEN_BITS)) this.#byte((rest % SEVEN_BITS) | SEVEN_BITS);
    this.#byte(rest);
  }

  /** Hex digits of so many bytes, as the reader knows. Throws RangeError on any other text. */
  hex(value: Hex, length: number): void {
    if (value.length !== 2 + 2 * length) throw new RangeError(`not ${length} bytes`);
    this.#makeRoom(length);
    writeHex(this.#bytes, this.#length, value);
    this.#length += length;
  }

  raw(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(value: string): void {
    const bytes = encoder.encode(value);
    this.number(bytes.length);
    this.raw(bytes);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #wide(value: bigint): void {
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | SEVEN_BITS);
    this.#byte(Number(rest));
  }

  #byte(byte: number): void {
    this.#makeRoom(1);
    this.#bytes[this.#length++] = byte;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const wider = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    wider.set(this.#bytes);
    this.#bytes = wider;
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
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < SEVEN_BITS) return value;
    }
  }

  number(): number {
    const from = this.#at;
    let value = 0;
    for (let scale = 1; ; scale *= SEVEN_BITS) {
      const byte = this.#byte();
      value += (byte % SEVEN_BITS) * scale;
      if (byte < SEVEN_BITS) break;
    }
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    this.#at = from;
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

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError('packed bytes end too soon');
    this.#at += 1;
    return byte;
  }
}

/** Writes a field or text that came before by its place among those: for what is written together and much alike. */
export class SharedWriter extends PackedWriter {
  readonly #places = new Map<string, number>();

  override hex(value: Hex, length: number): void {
    if (this.#isKnown(value)) return;
    super.hex(value, length);
  }

  override text(value: string): void {
    if (this.#isKnown(`:${value}`)) return;
    super.text(value);
  }

  #isKnown(value: string): boolean {
    const place = this.#places.get(value);
    this.number(place === undefined ? 0 : place + 1);
    if (place === undefined) this.#places.set(value, this.#places.size);
    return place !== undefined;
  }
}

/** Reads what SharedWriter wrote. */
export class SharedReader extends PackedReader {
  readonly #values: string[] = [];

  override hex(length: number): Hex {
    return this.#find(() => super.hex(length)) as Hex;
  }

  override text(): string {
    return this.#find(() => super.text());
  }

  #find(read: () => string): string {
    const place = this.number();
    if (place > 0) {
      const known = this.#values[place - 1];
      if (known === undefined) throw new RangeError('packed bytes name what did not come before');
      return known;
    }
    const value = read();
    this.#values.push(value);
    return value;
  }
}

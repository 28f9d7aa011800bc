// A signed message (ticket, receipt, acceptance) in a few bytes: its fields in their fixed order, without those that are zero or known from
// elsewhere. Pure.
import type { Hex } from '../../schema/bytes.ts';
import type { StructType, WordType } from '../../schema/typed-data.ts';
import type { PackedReader, PackedWriter } from './packed-bytes.ts';

/** A message as JSON: 64-bit numbers and wider as decimal texts. */
export type MessageJson = Readonly<Record<string, string | number | boolean>>;

const BYTES: Readonly<Partial<Record<WordType, number>>> = { bytes32: 32, address: 20 };
/** Numbers that JSON carries as texts. */
const WIDE: ReadonlySet<WordType> = new Set(['uint64', 'uint128', 'uint256']);

interface Field {
  readonly name: string;
  readonly type: WordType;
  readonly zero: string | number | boolean;
  /** In the number that says which fields follow. */
  readonly bit: number;
  /** Null for what is no hex. */
  readonly bytes: number | null;
}

/** By message type, as they are written: looked up for every message. */
const FIELDS = new WeakMap<StructType, readonly Field[]>();

/** Fields that are as `known` says, or zero where it says nothing, take one bit each. */
export function packMessage(
  writer: PackedWriter,
  type: StructType,
  message: MessageJson,
  known: MessageJson = {},
): void {
  const fields = fieldsOf(type);
  let bits = 0;
  for (const { name, zero, bit } of fields) if (message[name] !== (known[name] ?? zero)) bits += bit;
  writer.number(bits);
  for (const { name, zero, bytes } of fields) {
    const value = message[name] ?? 0;
    if (message[name] === (known[name] ?? zero)) continue;
    if (bytes !== null) writer.hex(String(value) as Hex, bytes);
    else writer.number(typeof value === 'string' ? readWide(value) : Number(value));
  }
}

/** The message that was packed, given the same `known`. */
export function unpackMessage(reader: PackedReader, type: StructType, known: MessageJson = {}): MessageJson {
  const bits = reader.number();
  const message: Record<string, string | number | boolean> = {};
  for (const { name, type: word, zero, bit, bytes } of fieldsOf(type)) {
    const isTold = Math.floor(bits / bit) % 2 === 1;
    if (!isTold) message[name] = known[name] ?? zero;
    else message[name] = bytes === null ? readNumber(reader, word) : reader.hex(bytes);
  }
  return message;
}

function fieldsOf(struct: StructType): readonly Field[] {
  const known = FIELDS.get(struct);
  if (known) return known;
  const fields = struct.fields.map(([name, type], index): Field => {
    return { name, type, zero: zeroOf(type), bit: 2 ** index, bytes: BYTES[type] ?? null };
  });
  FIELDS.set(struct, fields);
  return fields;
}

/** Most of them are times and counts, which need no bigint. */
function readWide(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function readNumber(reader: PackedReader, word: WordType): string | number | boolean {
  if (WIDE.has(word)) return reader.big().toString();
  const value = reader.number();
  return word === 'bool' ? value === 1 : value;
}

function zeroOf(word: WordType): string | number | boolean {
  const length = BYTES[word];
  if (length !== undefined) return `0x${'00'.repeat(length)}`;
  if (word === 'bool') return false;
  return WIDE.has(word) ? '0' : 0;
}

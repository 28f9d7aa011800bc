// A signed message (ticket, receipt, acceptance) in a few bytes: its fields in their fixed order, without those that are zero or known from
// elsewhere. Pure.
import type { Hex } from '../../schema/bytes.ts';
import type { StructType } from '../../schema/typed-data.ts';
import type { PackedReader, PackedWriter } from './packed-bytes.ts';

/** A message as JSON: 64-bit numbers and wider as decimal texts. */
export type MessageJson = Readonly<Record<string, string | number | boolean>>;

const BYTES: Readonly<Record<string, number>> = { bytes32: 32, address: 20 };
/** Numbers that JSON carries as texts. */
const WIDE = new Set(['uint64', 'uint128', 'uint256']);

/** Fields that are as `known` says, or zero where it says nothing, take one bit each. */
export function packMessage(
  writer: PackedWriter,
  type: StructType,
  message: MessageJson,
  known: MessageJson = {},
): void {
  const told = type.fields.filter(([name, word]) => message[name] !== (known[name] ?? zeroOf(word)));
  let bits = 0;
  for (const [index, field] of type.fields.entries()) if (told.includes(field)) bits += 2 ** index;
  writer.number(bits);
  for (const [name, word] of told) {
    const value = message[name] ?? 0;
    const length = BYTES[word];
    if (length !== undefined) writer.hex(String(value) as Hex, length);
    else writer.number(BigInt(value));
  }
}

/** The message that was packed, given the same `known`. */
export function unpackMessage(reader: PackedReader, type: StructType, known: MessageJson = {}): MessageJson {
  const bits = reader.number();
  const message: Record<string, string | number | boolean> = {};
  for (const [index, [name, word]] of type.fields.entries()) {
    const isTold = Math.floor(bits / 2 ** index) % 2 === 1;
    message[name] = isTold ? readWord(reader, word) : (known[name] ?? zeroOf(word));
  }
  return message;
}

function readWord(reader: PackedReader, word: string): string | number | boolean {
  const length = BYTES[word];
  if (length !== undefined) return reader.hex(length);
  const value = reader.big();
  if (word === 'bool') return value === 1n;
  return WIDE.has(word) ? value.toString() : Number(value);
}

function zeroOf(word: string): string | number | boolean {
  const length = BYTES[word];
  if (length !== undefined) return `0x${'00'.repeat(length)}`;
  if (word === 'bool') return false;
  return WIDE.has(word) ? '0' : 0;
}

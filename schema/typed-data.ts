// EIP-712 with a fixed layout: every struct is a list of value types, so a hash is one keccak over fixed 32-byte words.
import * as z from 'zod';
import { concatBytes, fromHex, toHex, writeHex } from './bytes.ts';
import { getCurve, keccak256 } from './chosen-curve.ts';
import type { Hex } from './bytes.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';

export type WordType =
  'bytes32' | 'address' | 'bool' | 'string' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'uint128' | 'uint256';
export type WordValue = string | boolean | number | bigint;

/** A struct's name and its fields in signing order; the order never changes once a message has been signed. */
export interface StructType {
  readonly name: string;
  readonly fields: readonly (readonly [name: string, type: WordType])[];
}

export interface Domain {
  readonly chainId: number;
  readonly verifyingContract: Hex;
}

/** Of a network without a chain: the local chain's id, and an address where nothing stands. CHAIN_ID and VERIFYING_CONTRACT say another. */
export const PLACEHOLDER_DOMAIN: Domain = {
  chainId: 31_337,
  verifyingContract: '0x0000000000000000000000000000000000000001',
};
/** Domain of the messages that come before a node knows its router's: enrolment and hello. The same on every network; their nonce, code and origin bind them. */
export const HANDSHAKE_DOMAIN: Domain = PLACEHOLDER_DOMAIN;
const DOMAIN_NAME = 'Irori';
const DOMAIN_VERSION = '1';
export const ZERO_ADDRESS: Hex = `0x${'0'.repeat(40)}`;
export const ZERO_WORD: Hex = `0x${'0'.repeat(64)}`;

const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';

/** keccak-256 of the struct's type text, e.g. `JobTicket(bytes32 jobId,…)`. */
export function hashType(struct: StructType): Uint8Array {
  return hashText(`${struct.name}(${struct.fields.map(([name, type]) => `${type} ${name}`).join(',')})`);
}

/** keccak-256 of a text's UTF-8 bytes. */
export function hashText(text: string): Uint8Array {
  return keccak256(utf8.encode(text));
}

const utf8 = new TextEncoder();

/** The domain separator. Compute once per process. */
export function hashDomain(domain: Domain): Uint8Array {
  return keccak256(
    concatBytes([
      hashText(DOMAIN_TYPE),
      hashText(DOMAIN_NAME),
      hashText(DOMAIN_VERSION),
      encodeWord('uint256', BigInt(domain.chainId)),
      encodeWord('address', domain.verifyingContract),
    ]),
  );
}

/** hashStruct of EIP-712. Values must have passed the struct's strict parser. */
export function hashStruct(
  struct: StructType,
  typeHash: Uint8Array,
  values: Readonly<Record<string, WordValue>>,
): Uint8Array {
  const words = writeFields(struct, values);
  words.set(typeHash, 0);
  return keccak256(words);
}

/** keccak-256 of the values as Solidity's `abi.encode` lays them out: 32 bytes each, in the fields' order. As `hashStruct`, without its type. */
export function hashFields(struct: StructType, values: Readonly<Record<string, WordValue>>): Uint8Array {
  return keccak256(writeFields(struct, values).subarray(32));
}

/** The fields' words behind 32 bytes of room for the type's, written over the last struct's: nothing else may run before they are hashed. */
function writeFields({ name: struct, fields }: StructType, values: Readonly<Record<string, WordValue>>): Uint8Array {
  if (fields.length > MAX_FIELDS) throw new RangeError(`${struct} has too many fields`);
  const words = room.subarray(0, 32 * (fields.length + 1));
  words.fill(0);
  let end = 32;
  for (const [name, type] of fields) {
    const value = values[name];
    if (value === undefined) throw new RangeError(`${struct}.${name} is missing`);
    end += 32;
    writeWord(end, type, value);
  }
  return words;
}

/** The digest that is signed: keccak(0x1901 ‖ domain separator ‖ struct hash). */
export function hashTypedMessage(domainSeparator: Uint8Array, structHash: Uint8Array): Uint8Array {
  envelope.set(domainSeparator, 2);
  envelope.set(structHash, 34);
  return keccak256(envelope);
}

const MAX_FIELDS = 32;
/** Where a struct's words are written before they are hashed. */
const room = new Uint8Array(32 * (MAX_FIELDS + 1));
const roomView = new DataView(room.buffer);
const envelope = new Uint8Array(66);
envelope.set([0x19, 0x01]);

function encodeWord(type: WordType, value: WordValue): Uint8Array {
  room.fill(0, 0, 32);
  writeWord(32, type, value);
  return room.slice(0, 32);
}

/** Writes a value right-aligned into the zeroed 32 bytes of the room before `end`. */
function writeWord(end: number, type: WordType, value: WordValue): void {
  if (type === 'string') return room.set(hashText(String(value)), end - 32);
  if (type === 'bytes32' || type === 'address') {
    const hex = String(value);
    const bytes = type === 'address' ? 20 : 32;
    if (hex.length !== 2 + 2 * bytes) throw new RangeError(`not a ${type}`);
    return writeHex(room, end - bytes, hex);
  }
  if (typeof value === 'bigint') return writeBigint(end, type, value);
  // Most fields are counts and times, which need no bigint.
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0 || number > MAX_NUMBER[type])
    throw new RangeError(`out of range for ${type}`);
  roomView.setUint32(end - 4, number);
  roomView.setUint32(end - 8, number / 2 ** 32);
}

type NumberType = Exclude<WordType, 'bytes32' | 'address' | 'string'>;

/** The largest value of each type; as a number, where one that is safe is as large. */
const MAX: Readonly<Record<NumberType, bigint>> = {
  bool: 1n,
  uint8: 2n ** 8n - 1n,
  uint16: 2n ** 16n - 1n,
  uint32: 2n ** 32n - 1n,
  uint64: 2n ** 64n - 1n,
  uint128: 2n ** 128n - 1n,
  uint256: 2n ** 256n - 1n,
};
const MAX_NUMBER: Readonly<Record<NumberType, number>> = {
  bool: 1,
  uint8: 2 ** 8 - 1,
  uint16: 2 ** 16 - 1,
  uint32: 2 ** 32 - 1,
  uint64: Number.MAX_SAFE_INTEGER,
  uint128: Number.MAX_SAFE_INTEGER,
  uint256: Number.MAX_SAFE_INTEGER,
};

/** A view takes the low 64 bits of what it is given. */
function writeBigint(end: number, type: NumberType, value: bigint): void {
  if (value < 0n || value > MAX[type]) throw new RangeError(`out of range for ${type}`);
  let at = end - 8;
  for (let rest = value; rest > 0n; rest >>= 64n, at -= 8) roomView.setBigUint64(at, rest);
}

/** Signs a 32-byte digest: 65 bytes r ‖ s ‖ v, low-s, v 27 or 28, as hex. */
export function signDigest(digest: Uint8Array, privateKey: Uint8Array): Hex {
  const signature = getCurve().sign(digest, privateKey);
  signature[64] = 27 + (signature[64] ?? 0);
  return toHex(signature);
}

/** The curve's order and half of it: texts of one length in lower-case hex stand in the order of their numbers. */
const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const HALF_ORDER = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';
const ZERO = '0'.repeat(64);

/** r ‖ s ‖ 0 or 1 for v 27 or 28; null for everything but 65 bytes of lower-case hex, low-s, v 27 or 28, so one signature has one form. */
function readSignature(signature: Hex): Uint8Array | null {
  if (!signaturePattern.test(signature)) return null;
  const [r, s, v] = [signature.slice(2, 66), signature.slice(66, 130), signature.slice(130)];
  if (v !== '1b' && v !== '1c') return null;
  if (r === ZERO || r >= ORDER || s === ZERO || s > HALF_ORDER) return null;
  const bytes = fromHex(signature);
  bytes[64] = v === '1c' ? 1 : 0;
  return bytes;
}

/** The address that signed a digest. Refuses every signature but one in its canonical form. */
export function recoverSigner(digest: Uint8Array, signature: Hex): Result<Hex, 'bad-signature'> {
  const read = readSignature(signature);
  const publicKey = read && getCurve().recover(digest, read);
  return publicKey ? ok(addressOf(publicKey)) : err('bad-signature');
}

/** The address of a private key (32 bytes), lower case. */
export function addressOfPrivateKey(privateKey: Uint8Array): Hex {
  return addressOf(getCurve().derive(privateKey));
}

/** The address of a public key (64 bytes x ‖ y), lower case. */
function addressOf(publicKey: Uint8Array): Hex {
  return toHex(keccak256(publicKey).subarray(12));
}

const signaturePattern = /^0x[0-9a-f]{130}$/;

/** Strict parsers of the value types: lower-case hex, numbers up to 32 bits, decimal texts above. One value has one form. */
export const word = {
  bytes32: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex')
    .transform((text) => text as Hex),
  address: z
    .string()
    .regex(/^0x[0-9a-f]{40}$/, 'must be a 20-byte address in lower-case hex')
    .transform((text) => text as Hex),
  bool: z.boolean(),
  uint8: z.number().int().min(0).max(0xff),
  uint16: z.number().int().min(0).max(0xffff),
  uint32: z.number().int().min(0).max(0xffff_ffff),
  uint64: decimal(64),
  uint128: decimal(128),
  signature: z
    .string()
    .regex(signaturePattern, 'must be 65 bytes in lower-case hex')
    .transform((text) => text as Hex),
} as const;

function decimal(bits: number): z.ZodPipe<z.ZodString, z.ZodTransform<bigint, string>> {
  return (
    z
      .string()
      // `abort`, because zod would otherwise run the next check on a text that BigInt throws at.
      .regex(/^(0|[1-9][0-9]{0,38})$/, { error: `must be a decimal text of at most ${bits} bits`, abort: true })
      .refine((text) => BigInt(text) >> BigInt(bits) === 0n, `must fit ${bits} bits`)
      .transform((text) => BigInt(text))
  );
}

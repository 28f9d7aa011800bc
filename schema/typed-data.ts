// EIP-712 with a fixed layout: every struct is a list of value types, so a hash is one keccak over fixed 32-byte words.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as z from 'zod';
import { concatBytes, fromHex, toHex } from './bytes.ts';
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

/** Until contracts exist: chain 31337 and the address 0x…0001, both replaced by configuration. */
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
const { ORDER } = secp256k1.Point.Fn;
const HALF_ORDER = ORDER >> 1n;

/** keccak-256 of the struct's type text, e.g. `JobTicket(bytes32 jobId,…)`. */
export function hashType(struct: StructType): Uint8Array {
  return keccak_256(utf8ToBytes(`${struct.name}(${struct.fields.map(([name, type]) => `${type} ${name}`).join(',')})`));
}

/** The domain separator. Compute once per process. */
export function hashDomain(domain: Domain): Uint8Array {
  return keccak_256(
    concatBytes([
      keccak_256(utf8ToBytes(DOMAIN_TYPE)),
      keccak_256(utf8ToBytes(DOMAIN_NAME)),
      keccak_256(utf8ToBytes(DOMAIN_VERSION)),
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
  const words = new Uint8Array(32 * (struct.fields.length + 1));
  words.set(typeHash, 0);
  let end = 32;
  for (const [name, type] of struct.fields) {
    const value = values[name];
    if (value === undefined) throw new RangeError(`${struct.name}.${name} is missing`);
    end += 32;
    writeWord(words, end, type, value);
  }
  return keccak_256(words);
}

/** The digest that is signed: keccak(0x1901 ‖ domain separator ‖ struct hash). */
export function hashTypedMessage(domainSeparator: Uint8Array, structHash: Uint8Array): Uint8Array {
  return keccak_256(concatBytes([Uint8Array.of(0x19, 0x01), domainSeparator, structHash]));
}

function encodeWord(type: WordType, value: WordValue): Uint8Array {
  const word = new Uint8Array(32);
  writeWord(word, 32, type, value);
  return word;
}

/** Writes a value right-aligned into the zeroed 32 bytes before `end`. */
function writeWord(words: Uint8Array, end: number, type: WordType, value: WordValue): void {
  if (type === 'string') return words.set(keccak_256(utf8ToBytes(String(value))), end - 32);
  if (type === 'bytes32' || type === 'address') {
    const bytes = fromHex(value as Hex);
    if (bytes.length !== (type === 'address' ? 20 : 32)) throw new RangeError(`not a ${type}`);
    words.set(bytes, end - bytes.length);
    return;
  }
  const bits = type === 'bool' ? 1 : Number(type.slice(4));
  if (typeof value === 'bigint' && value > MAX_SMALL) return writeBigint(words, end, bits, value);
  // Small numbers without bigint arithmetic: most fields are counts and times.
  let rest = Number(value);
  if (!Number.isSafeInteger(rest) || rest < 0 || (bits < 53 && rest >= 2 ** bits))
    throw new RangeError(`out of range for ${type}`);
  for (let at = end - 1; rest > 0; at--, rest = Math.floor(rest / 256)) words[at] = rest % 256;
}

const MAX_SMALL = BigInt(Number.MAX_SAFE_INTEGER);

function writeBigint(words: Uint8Array, end: number, bits: number, value: bigint): void {
  if (value >> BigInt(bits) !== 0n) throw new RangeError(`out of range for uint${bits}`);
  let rest = value;
  for (let at = end - 1; rest > 0n; at--, rest >>= 8n) words[at] = Number(rest & 0xffn);
}

/** Wider tables of the base point cost 30 ms and 1 MB once and save a fifth of every signature: only for who signs often. */
const WIDE_TABLES = { window: 8, afterSignatures: 100 };
let signatures = 0;

/** Signs a 32-byte digest: 65 bytes r ‖ s ‖ v, low-s, v 27 or 28, as hex. */
export function signDigest(digest: Uint8Array, privateKey: Uint8Array): Hex {
  signatures += 1;
  if (signatures === WIDE_TABLES.afterSignatures) secp256k1.Point.BASE.precompute(WIDE_TABLES.window);
  const recovered = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' });
  return toHex(concatBytes([recovered.subarray(1), Uint8Array.of(27 + (recovered[0] ?? 0))]));
}

/** The numbers of a signature. */
export interface SignatureParts {
  readonly r: bigint;
  readonly s: bigint;
  /** Which of the two points with x = r was meant: v 28 says the odd one. */
  readonly isOddY: boolean;
}

/** Null for everything but 65 bytes of lower-case hex, low-s, v 27 or 28, so one signature has one form. */
export function readSignature(signature: Hex): SignatureParts | null {
  if (!signaturePattern.test(signature)) return null;
  const v = signature.slice(130);
  if (v !== '1b' && v !== '1c') return null;
  const r = BigInt(signature.slice(0, 66));
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  if (r === 0n || r >= ORDER || s === 0n || s > HALF_ORDER) return null;
  return { r, s, isOddY: v === '1c' };
}

/** The public key (33 bytes) whose signature this is over a digest; null when there is none. */
export function recoverPublicKey(digest: Uint8Array, { r, s, isOddY }: SignatureParts): Uint8Array | null {
  try {
    return new secp256k1.Signature(r, s, isOddY ? 1 : 0).recoverPublicKey(digest).toBytes();
  } catch {
    return null;
  }
}

/** The address that signed a digest. Refuses what `readSignature` refuses. */
export function recoverSigner(digest: Uint8Array, signature: Hex): Result<Hex, 'bad-signature'> {
  const parts = readSignature(signature);
  const publicKey = parts && recoverPublicKey(digest, parts);
  return publicKey ? ok(addressOfPublicKey(publicKey)) : err('bad-signature');
}

/** The address of a private key (32 bytes), lower case. */
export function addressOfPrivateKey(privateKey: Uint8Array): Hex {
  return addressOfPublicKey(secp256k1.getPublicKey(privateKey, false));
}

/** The address of a public key (33 or 65 bytes), lower case. */
export function addressOfPublicKey(publicKey: Uint8Array): Hex {
  const full = publicKey.length === 65 ? publicKey : secp256k1.Point.fromBytes(publicKey).toBytes(false);
  return toHex(keccak_256(full.subarray(1)).subarray(12));
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

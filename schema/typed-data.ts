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
  'bytes32' | 'address' | 'bool' | 'uint8' | 'uint16' | 'uint32' | 'uint64' | 'uint128' | 'uint256';
export type WordValue = Hex | boolean | number | bigint;

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
/** Domain of the messages that come before a node knows its router's: enrolment and hello. The same on every network; their nonce and code bind them. */
export const HANDSHAKE_DOMAIN: Domain = PLACEHOLDER_DOMAIN;
export const DOMAIN_NAME = 'Irori';
export const DOMAIN_VERSION = '1';
export const ZERO_WORD: Hex = `0x${'0'.repeat(64)}`;

const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)';
const HALF_ORDER = secp256k1.Point.Fn.ORDER >> 1n;

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
  struct.fields.forEach(([name, type], i) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`${struct.name}.${name} is missing`);
    words.set(encodeWord(type, value), 32 * (i + 1));
  });
  return keccak_256(words);
}

/** The digest that is signed: keccak(0x1901 ‖ domain separator ‖ struct hash). */
export function hashTypedMessage(domainSeparator: Uint8Array, structHash: Uint8Array): Uint8Array {
  return keccak_256(concatBytes([Uint8Array.of(0x19, 0x01), domainSeparator, structHash]));
}

function encodeWord(type: WordType, value: WordValue): Uint8Array {
  const word = new Uint8Array(32);
  if (type === 'bytes32' || type === 'address') {
    const bytes = fromHex(value as Hex);
    if (bytes.length !== (type === 'address' ? 20 : 32)) throw new RangeError(`not a ${type}`);
    word.set(bytes, 32 - bytes.length);
    return word;
  }
  let rest = BigInt(value as number | bigint | boolean);
  if (rest < 0n || rest >> BigInt(type === 'bool' ? 1 : Number(type.slice(4))) !== 0n)
    throw new RangeError(`out of range for ${type}`);
  for (let i = 31; rest > 0n; i--, rest >>= 8n) word[i] = Number(rest & 0xffn);
  return word;
}

/** Signs a 32-byte digest: 65 bytes r ‖ s ‖ v, low-s, v 27 or 28, as hex. */
export function signDigest(digest: Uint8Array, privateKey: Uint8Array): Hex {
  const recovered = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' });
  return toHex(concatBytes([recovered.subarray(1), Uint8Array.of(27 + (recovered[0] ?? 0))]));
}

/** The address that signed a digest. Refuses everything but 65 bytes, low-s, v 27 or 28, so one signature has one form. */
export function recoverSigner(digest: Uint8Array, signature: Hex): Result<Hex, 'bad-signature'> {
  if (!signaturePattern.test(signature)) return err('bad-signature');
  const bytes = fromHex(signature);
  const v = bytes[64] ?? 0;
  if (v !== 27 && v !== 28) return err('bad-signature');
  if (BigInt(toHex(bytes.subarray(32, 64))) > HALF_ORDER) return err('bad-signature');
  try {
    const recovered = concatBytes([Uint8Array.of(v - 27), bytes.subarray(0, 64)]);
    return ok(addressOfPublicKey(secp256k1.recoverPublicKey(recovered, digest, { prehash: false })));
  } catch {
    return err('bad-signature');
  }
}

/** The address of a private key (32 bytes), lower case. */
export function addressOfPrivateKey(privateKey: Uint8Array): Hex {
  return addressOfPublicKey(secp256k1.getPublicKey(privateKey, false));
}

function addressOfPublicKey(publicKey: Uint8Array): Hex {
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

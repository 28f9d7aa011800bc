// An EIP-1559 transaction, signed: by hand, since a library for it would be a third of the Worker. Pure but for the curve.
import { concatBytes, fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { getCurve, keccak256 } from '../../schema/chosen-curve.ts';

/** Fees in wei a unit of gas. */
export interface Fees {
  /** At most, base fee and tip together. */
  readonly maxFee: bigint;
  readonly tip: bigint;
}

/** It moves no coins. */
export interface Transaction extends Fees {
  readonly chainId: number;
  readonly nonce: number;
  readonly gas: bigint;
  readonly to: Hex;
  readonly data: Hex;
}

/** `raw` is what a node is sent; `hash` is how it is found. */
export interface SignedTransaction {
  readonly raw: Hex;
  readonly hash: Hex;
}

const KIND = Uint8Array.of(2);

/** Throws for a private key that is none. */
export function signTransaction(transaction: Transaction, privateKey: Uint8Array): SignedTransaction {
  const { chainId, nonce, tip, maxFee, gas, to, data } = transaction;
  const numbers = [BigInt(chainId), BigInt(nonce), tip, maxFee, gas].map(encodeNumber);
  const noValue = encodeNumber(0n);
  const noAccess = encodeList([]);
  const fields = [...numbers, encodeBytes(fromHex(to)), noValue, encodeBytes(fromHex(data)), noAccess];
  const signature = getCurve().sign(keccak256(concatBytes([KIND, encodeList(fields)])), privateKey);
  const parity = encodeNumber(BigInt(signature[64] ?? 0));
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32, 64)].map((part) =>
    encodeNumber(BigInt(toHex(part))),
  );
  const raw = concatBytes([KIND, encodeList([...fields, parity, ...(r && s ? [r, s] : [])])]);
  return { raw: toHex(raw), hash: toHex(keccak256(raw)) };
}

/** RLP: numbers without leading zeros, nothing for 0. */
function encodeNumber(value: bigint): Uint8Array {
  return encodeBytes(value === 0n ? new Uint8Array() : toBytes(value));
}

function encodeBytes(bytes: Uint8Array): Uint8Array {
  const [first] = bytes;
  if (bytes.length === 1 && first !== undefined && first < 0x80) return bytes;
  return concatBytes([encodeLength(bytes.length, 0x80), bytes]);
}

function encodeList(items: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(items);
  return concatBytes([encodeLength(body.length, 0xc0), body]);
}

const SHORT = 55;

function encodeLength(length: number, offset: number): Uint8Array {
  if (length <= SHORT) return Uint8Array.of(offset + length);
  const bytes = toBytes(BigInt(length));
  return concatBytes([Uint8Array.of(offset + SHORT + bytes.length), bytes]);
}

/** As few as hold it. */
function toBytes(value: bigint): Uint8Array {
  if (value < 0n) throw new RangeError('a transaction holds no negative number');
  const text = value.toString(16);
  return fromHex(`0x${text.length % 2 === 0 ? text : `0${text}`}`);
}

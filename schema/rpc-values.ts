// Values as a chain's node writes them in JSON-RPC, read and written. Pure.
import * as z from 'zod';
import type { Hex } from './bytes.ts';

/** Bytes of any length, in lower case. */
export const hexText = z
  .string()
  .regex(/^0x[0-9a-fA-F]*$/)
  .transform((text) => text.toLowerCase() as Hex);

/** A number of any size. */
export const hexNumber = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/)
  .transform(BigInt);

/** One that counts blocks, seconds or nonces. */
export const smallNumber = hexNumber.transform(Number).pipe(z.number().int().min(0));

/** A block's number, as a question names it. */
export function toTag(block: number): Hex {
  return `0x${block.toString(16)}`;
}

// An owner's order to turn earnings of a home into API credit, signed by the home's session key or by the wallet it is paid to. EIP-712, fixed field
// order. One form for the agent, which signs it, and the router, which carries it out.
import * as z from 'zod';
import type { Hex } from './bytes.ts';
import { word } from './typed-data.ts';
import type { StructType } from './typed-data.ts';

/** Orders of one home are told apart by their numbers, each higher than the one before. */
export const creditOrderSchema = z.strictObject({
  node: word.address,
  /** The account's id as a word: its 16 bytes, then zeros. */
  account: word.bytes32,
  /** Units. */
  amount: word.uint128,
  number: word.uint64,
  expiresAtMs: word.uint64,
});
export type CreditOrder = z.output<typeof creditOrderSchema>;
/** As JSON: 64-bit numbers and wider as decimal texts. */
export type CreditOrderJson = z.input<typeof creditOrderSchema>;

export const CREDIT_ORDER: StructType = {
  name: 'CreditOrder',
  fields: [
    ['node', 'address'],
    ['account', 'bytes32'],
    ['amount', 'uint128'],
    ['number', 'uint64'],
    ['expiresAtMs', 'uint64'],
  ],
};

/** The order's word of an account's id. */
export function accountIdToWord(accountId: string): Hex {
  return `0x${accountId.slice('acct_'.length)}${'0'.repeat(32)}`;
}

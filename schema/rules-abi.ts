// What the rules on the chain are asked, in one place: calldata and answers of the few calls that the router makes by plain JSON-RPC. Pure.
import { keccak256 } from './chosen-curve.ts';
import { toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';

/** Of `Rules.Values`, what the router goes by: parts of 10,000. */
export interface RuleShares {
  readonly feeBps: number;
  readonly bonusBps: number;
}

/** Words of `Rules.Values`, in their order. */
const VALUE_WORDS = 8;
const [FEE_WORD, BONUS_WORD] = [0, 3];

/** A call without arguments, as Solidity writes its function. */
export function encodeCall(signature: string): Hex {
  return toHex(keccak256(new TextEncoder().encode(signature)).subarray(0, 4));
}

export function encodeNumberCall(signature: string, value: number): Hex {
  return `${encodeCall(signature)}${value.toString(16).padStart(64, '0')}`;
}

/** Throws RangeError for what is no such answer. */
export function readAddressWord(answer: Hex): Hex {
  const [word = ''] = readWords(answer, 1);
  return `0x${word.slice(24)}`;
}

/** Throws RangeError for what is no such answer. */
export function readRuleValues(answer: Hex): RuleShares {
  const words = readWords(answer, VALUE_WORDS);
  const shareAt = (place: number): number => {
    const share = Number(BigInt(`0x${words[place] ?? ''}`));
    if (share > 10_000) throw new RangeError('no share is more than the whole');
    return share;
  };
  return { feeBps: shareAt(FEE_WORD), bonusBps: shareAt(BONUS_WORD) };
}

function readWords(answer: Hex, count: number): string[] {
  const text = answer.slice(2).toLowerCase();
  if (text.length !== 64 * count || !/^[0-9a-f]*$/.test(text)) throw new RangeError(`not an answer of ${count} words`);
  return Array.from({ length: count }, (_, i) => text.slice(64 * i, 64 * (i + 1)));
}

// Names for the leading blocks of a prompt, so that homes which may still hold them are known without anyone keeping the text. Pure.
import { toHex } from '../../schema/bytes.ts';
import { sha256 } from '../auth/digest.ts';

/** Bytes of text in a block, and the tokens that are expected of it. */
export const PREFIX_BLOCK_BYTES = 2048;
export const PREFIX_BLOCK_TOKENS = 512;
/** Leading blocks that are named at most. */
export const MAX_PREFIXES = 32;
/** Hex digits of a name: enough for 20,000 of them. */
const HASH_DIGITS = 16;

const encoder = new TextEncoder();

/**
 * One name for each whole block of 2 KB that the prompt begins with, at most 32, the longest beginning last.
 * A name stands for everything up to its block's end; it is salted with the account, so that accounts never learn of one another's prompts.
 */
export function hashPrefixes(prompt: string, accountId: string): string[] {
  // No character is more than 3 bytes a UTF-16 unit: what lies behind this never counts.
  const bytes = encoder.encode(prompt.slice(0, MAX_PREFIXES * PREFIX_BLOCK_BYTES));
  const count = Math.min(MAX_PREFIXES, Math.floor(bytes.length / PREFIX_BLOCK_BYTES));
  const names: string[] = [];
  if (count === 0) return names;
  let chain = sha256(encoder.encode(`prefix\n${accountId}`));
  for (let i = 0; i < count; i++) {
    const block = bytes.subarray(i * PREFIX_BLOCK_BYTES, (i + 1) * PREFIX_BLOCK_BYTES);
    chain = sha256(chain, block);
    names.push(toHex(chain).slice(2, 2 + HASH_DIGITS));
  }
  return names;
}

// Prints epoch-leaf.vectors.json: leaves at their ordinary and their extreme values with their hashes, and trees of them with root and proofs.
// `node schema/epoch-vectors.ts > schema/epoch-leaf.vectors.json` only when one is added: a changed line means that published epochs verify no longer.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { EPOCH_LEAF, hashEpochLeaf, toLeafJson } from './epoch-leaf.ts';
import type { EpochLeaf } from './epoch-leaf.ts';
import { growEpochTree } from './epoch-tree.ts';
import { ZERO_ADDRESS, ZERO_WORD } from './typed-data.ts';

const U64 = 2n ** 64n - 1n;
const U128 = 2n ** 128n - 1n;
const FULL_ADDRESS: Hex = `0x${'ff'.repeat(20)}`;
const FULL_WORD: Hex = `0x${'ff'.repeat(32)}`;

const wordOf = (text: string): Hex => toHex(keccak_256(utf8ToBytes(`irori epoch vector: ${text}`)));
const addressOf = (text: string): Hex => `0x${wordOf(text).slice(26)}`;

const leaf: EpochLeaf = {
  node: addressOf('node'),
  wallet: addressOf('wallet'),
  earned: 1_234_567n,
  withheld: 4_500n,
  bonus: 0n,
  count: 321n,
  acceptancesRoot: wordOf('acceptances'),
  spent: 200_000n,
};
const zero: EpochLeaf = {
  node: ZERO_ADDRESS,
  wallet: ZERO_ADDRESS,
  earned: 0n,
  withheld: 0n,
  bonus: 0n,
  count: 0n,
  acceptancesRoot: ZERO_WORD,
  spent: 0n,
};
const full: EpochLeaf = {
  node: FULL_ADDRESS,
  wallet: FULL_ADDRESS,
  earned: U128,
  withheld: U128,
  bonus: U128,
  count: U64,
  acceptancesRoot: FULL_WORD,
  spent: U128,
};
const ONE = { node: addressOf('one'), wallet: addressOf('one wallet'), acceptancesRoot: wordOf('one') };

const LEAVES: Readonly<Record<string, EpochLeaf>> = {
  ordinary: leaf,
  'no wallet': { ...leaf, wallet: ZERO_ADDRESS },
  'nothing earned': { ...leaf, earned: 0n, withheld: 0n, count: 0n, acceptancesRoot: ZERO_WORD, spent: 0n },
  'one unit': { ...leaf, earned: 1n, count: 1n, withheld: 0n, spent: 0n },
  'all withheld': { ...leaf, withheld: leaf.earned, spent: 0n },
  'all spent': { ...leaf, withheld: 0n, spent: leaf.earned },
  'a bonus': { ...leaf, bonus: 77n },
  zeros: zero,
  ones: full,
  // Each field by itself, so that two that were exchanged give another hash.
  ...Object.fromEntries(
    EPOCH_LEAF.fields.map(([name]) => [`only ${name}`, { ...zero, [name]: full[name as keyof EpochLeaf] }]),
  ),
  ...Object.fromEntries(
    EPOCH_LEAF.fields.map(([name]) => [`all but ${name}`, { ...full, [name]: zero[name as keyof EpochLeaf] }]),
  ),
  'beyond 53 bits': { ...leaf, ...ONE, earned: 2n ** 53n + 1n, count: 2n ** 53n + 1n },
  'beyond 64 bits': { ...leaf, ...ONE, earned: 2n ** 64n, spent: 2n ** 64n + 1n },
};

const TREES = [0, 1, 2, 3, 4, 5, 8, 13, 33].map((size) => {
  const leaves = Array.from({ length: size }, (_, i): EpochLeaf => ({
    ...leaf,
    node: addressOf(`node ${i}`),
    earned: BigInt(i * i),
    count: BigInt(i),
  }));
  const tree = growEpochTree(leaves.map(hashEpochLeaf));
  const proofs = leaves.map((one) => tree.prove(hashEpochLeaf(one)));
  return { leaves: leaves.map(toLeafJson), root: tree.root, proofs };
});

const told = {
  fields: EPOCH_LEAF.fields,
  leaves: Object.entries(LEAVES).map(([name, one]) => ({ name, leaf: toLeafJson(one), hash: hashEpochLeaf(one) })),
  trees: TREES,
};
process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);

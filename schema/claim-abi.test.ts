// Calldata of claims, held against viem's.
import { encodeFunctionData } from 'viem';
import { expect, test } from 'vitest';
import type { Hex } from './bytes.ts';
import { encodeClaimMany } from './claim-abi.ts';
import { PAYOUTS_ABI } from './contracts/abi.ts';
import type { EpochLeaf } from './epoch-leaf.ts';

const word = (digit: string): Hex => `0x${digit.repeat(64)}`;
const leafOf = (digit: string, earned: bigint): EpochLeaf => ({
  node: `0x${digit.repeat(40)}`,
  wallet: `0x${'9'.repeat(40)}`,
  earned,
  withheld: 1n,
  bonus: 2n,
  count: 3n,
  acceptancesRoot: word('7'),
  spent: 0n,
});

test('a batch of claims is encoded as viem encodes it, whatever the lengths of its proofs', () => {
  const claims = [
    { leaf: leafOf('1', 5n), proof: [] },
    { leaf: leafOf('2', 2n ** 100n), proof: [word('a'), word('b')] },
    { leaf: leafOf('3', 0n), proof: [word('c')] },
  ];
  for (const some of [claims, claims.slice(0, 1), claims.slice(1), []])
    expect(encodeClaimMany(some)).toBe(
      encodeFunctionData({
        abi: PAYOUTS_ABI,
        functionName: 'claimMany',
        args: [some.map(({ leaf }) => leaf), some.map(({ proof }) => proof)],
      }),
    );
});

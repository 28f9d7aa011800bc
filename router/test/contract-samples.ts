// Leaves, receipts and acceptances for the tests of contracts: each the same but for what a test is about.
import type { Hex } from '../../schema/bytes.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import type { Acceptance, UsageReceipt } from '../../schema/receipt.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { addressOf } from './contract-bench.ts';
import type { Who } from './contract-bench.ts';

export const leafOf = (who: Who, earned: bigint, more: Partial<EpochLeaf> = {}): EpochLeaf => ({
  node: addressOf(who),
  wallet: addressOf('wallet'),
  earned,
  withheld: 0n,
  bonus: 0n,
  count: 1n,
  acceptancesRoot: ZERO_WORD,
  spent: 0n,
  ...more,
});

export function prove(leaves: readonly EpochLeaf[], leaf: EpochLeaf): Hex[] {
  return growEpochTree(leaves.map(hashEpochLeaf)).prove(hashEpochLeaf(leaf)) ?? [];
}

export const receiptOf = (seq: bigint, more: Partial<UsageReceipt> = {}): UsageReceipt => ({
  ticketHash: ZERO_WORD,
  node: addressOf('node'),
  seq,
  prevReceipt: ZERO_WORD,
  responseHash: ZERO_WORD,
  promptTokens: 1,
  outputTokens: 1,
  finish: 0,
  ttftMs: 1,
  durationMs: 1,
  amount: 1n,
  energyMicroWh: 0n,
  energyLowMicroWh: 0n,
  energyHighMicroWh: 0n,
  energyMethod: 0,
  ...more,
});

export const acceptanceOf = (
  count: bigint,
  total: bigint,
  epoch: number,
  more: Partial<Acceptance> = {},
): Acceptance => ({
  receiptHash: ZERO_WORD,
  node: addressOf('node'),
  promptTokens: 1,
  outputTokens: 1,
  amount: 1n,
  status: 0,
  epoch,
  count,
  cumulativeAmount: total,
  ...more,
});

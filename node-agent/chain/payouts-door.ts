// What Payouts says of a home and of its roots, at one block, and how a claim is put to it.
import type { Hex } from '../../schema/bytes.ts';
import { PAYOUTS_ABI, RULES_ABI } from '../../schema/contracts/abi.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import type { ChainCall } from './chain-sender.ts';
import type { OpenChain } from './chain-client.ts';
import type { FinalRoots, PaidHome, ProvenLeaf } from './find-claim.ts';

export interface PaidState extends PaidHome {
  readonly roots: FinalRoots;
  /** Of the last final root; null before the first. */
  readonly epoch: number | null;
  /** The root that waits for its window to end; null for none. */
  readonly pending: { readonly epoch: number; readonly finalAt: number } | null;
  readonly isPaused: boolean;
  readonly block: number;
}

/** Rejects where the chain cannot be asked. */
export async function readPaidState({ read, addresses }: OpenChain, node: Hex): Promise<PaidState> {
  const blockNumber = await read.getBlockNumber({ cacheTime: 0 });
  const of = { address: addresses.payouts, abi: PAYOUTS_ABI, blockNumber } as const;
  const [[pending, last, beforeLast], claimed, bound, isPaused] = await Promise.all([
    read.readContract({ ...of, functionName: 'state' }),
    read.readContract({ ...of, functionName: 'claimed', args: [node] }),
    read.readContract({ ...of, functionName: 'walletOf', args: [node] }),
    read.readContract({ address: addresses.rules, abi: RULES_ABI, functionName: 'isPaused', blockNumber }),
  ]);
  return {
    node,
    claimed,
    bound: bound.toLowerCase() as Hex,
    roots: { last: last.root, beforeLast: beforeLast.root },
    epoch: last.root === ZERO_WORD ? null : last.epoch,
    pending: pending.finalAt === 0n ? null : { epoch: pending.epoch, finalAt: Number(pending.finalAt) * 1000 },
    isPaused,
    block: Number(blockNumber),
  };
}

export function makeClaimCall({ addresses }: OpenChain, { leaf, proof }: ProvenLeaf): ChainCall {
  return { address: addresses.payouts, abi: PAYOUTS_ABI, functionName: 'claim', args: [leaf, proof] };
}

/** Burned for API credit of the account with this code; the contract takes it from the wallet itself only. */
export function makeCreditCall({ addresses }: OpenChain, { leaf, proof }: ProvenLeaf, account: Hex): ChainCall {
  return {
    address: addresses.payouts,
    abi: PAYOUTS_ABI,
    functionName: 'claimToCredit',
    args: [leaf, proof, account],
  };
}

/** What the files of these epochs hash to, as their signed roots said it: lower-case hex by epoch. Rejects where the chain keeps no events so far back. */
export async function readFileHashes(
  { read, addresses }: OpenChain,
  epochs: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (epochs.length === 0) return new Map();
  const posted = await read.getContractEvents({
    address: addresses.payouts,
    abi: PAYOUTS_ABI,
    eventName: 'Posted',
    args: { epoch: [...epochs] },
    fromBlock: 0n,
  });
  return new Map(
    posted.flatMap(({ args: { epoch, fileHash } }) =>
      epoch === undefined || fileHash === undefined ? [] : [[epoch, fileHash.slice(2)] as const],
    ),
  );
}

// What is signed for the chain alone, beside the messages of jobs: the root of an epoch, a key's consent to be bonded, a node's first wallet. EIP-712 in the
// same domain; schema/contracts/Messages.sol has the same fields in the same order. Fields are never removed, reordered or reinterpreted.
import type { Hex } from './bytes.ts';
import type { StructType } from './typed-data.ts';

/** By the root key. */
export interface EpochRoot {
  readonly epoch: number;
  readonly root: Hex;
  /** Units that all leaves may have been paid since the first epoch. Never falls. */
  readonly total: bigint;
  /** SHA-256 of the published file of leaves. */
  readonly fileHash: Hex;
}

export const EPOCH_ROOT: StructType = {
  name: 'EpochRoot',
  fields: [
    ['epoch', 'uint32'],
    ['root', 'bytes32'],
    ['total', 'uint128'],
    ['fileHash', 'bytes32'],
  ],
};

/** By the key that tokens are put behind: whose they may be. `nonce`: how often the key was let go, as its bond has it. */
export const NODE_BOND: StructType = {
  name: 'NodeBond',
  fields: [
    ['node', 'address'],
    ['owner', 'address'],
    ['nonce', 'uint64'],
  ],
};

/** By a node's key, once. */
export const WALLET_BINDING: StructType = {
  name: 'WalletBinding',
  fields: [
    ['node', 'address'],
    ['wallet', 'address'],
  ],
};

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// What Irori's ends sign, as schema/receipt.ts, seal.ts, epoch-leaf.ts and chain-messages.ts have it: field by field in their order. All fields are value
// types, so `abi.encode` of a struct behind its type's hash is what EIP-712 hashes. Nothing here is ever removed, reordered or reinterpreted.

/// A node's word on a job that it has done.
struct UsageReceipt {
    bytes32 ticketHash;
    address node;
    uint64 seq;
    bytes32 prevReceipt;
    bytes32 responseHash;
    uint32 promptTokens;
    uint32 outputTokens;
    uint8 finish;
    uint32 ttftMs;
    uint32 durationMs;
    uint128 amount;
    uint64 energyMicroWh;
    uint64 energyLowMicroWh;
    uint64 energyHighMicroWh;
    uint8 energyMethod;
}

/// A router's word on a receipt, with what the node has earned in all until then.
struct Acceptance {
    bytes32 receiptHash;
    address node;
    uint32 promptTokens;
    uint32 outputTokens;
    uint128 amount;
    uint8 status;
    uint32 epoch;
    uint64 count;
    uint128 cumulativeAmount;
}

/// One signature for many messages.
struct Seal {
    uint8 kind;
    address node;
    uint64 number;
    bytes32 previous;
    uint32 count;
    bytes32 root;
    uint128 total;
    uint64 atMs;
}

/// What an epoch says of one node, in units since its first job.
struct EpochLeaf {
    address node;
    address wallet;
    uint128 earned;
    uint128 withheld;
    uint128 bonus;
    uint64 count;
    bytes32 acceptancesRoot;
    uint128 spent;
}

/// What the root key signs of an epoch.
struct EpochRoot {
    uint32 epoch;
    bytes32 root;
    /// Units that all leaves may have been paid since the first epoch. Never falls.
    uint128 total;
    /// SHA-256 of the published file of leaves.
    bytes32 fileHash;
}

/// How a message is proven: by a signature over it (`seal.count` is 0, no siblings), or over the seal that it is under.
struct Proof {
    bytes signature;
    Seal seal;
    bytes32[] siblings;
}

uint8 constant RECEIPTS = 2;
uint8 constant ACCEPTANCES = 3;
uint256 constant MAX_SEALED = 256;
uint256 constant MAX_SIBLINGS = 8;

bytes32 constant USAGE_RECEIPT_TYPE = keccak256(
    "UsageReceipt(bytes32 ticketHash,address node,uint64 seq,bytes32 prevReceipt,bytes32 responseHash,uint32 promptTokens,uint32 outputTokens,uint8 finish,uint32 ttftMs,uint32 durationMs,uint128 amount,uint64 energyMicroWh,uint64 energyLowMicroWh,uint64 energyHighMicroWh,uint8 energyMethod)"
);
bytes32 constant ACCEPTANCE_TYPE = keccak256(
    "Acceptance(bytes32 receiptHash,address node,uint32 promptTokens,uint32 outputTokens,uint128 amount,uint8 status,uint32 epoch,uint64 count,uint128 cumulativeAmount)"
);
bytes32 constant SEAL_TYPE = keccak256(
    "Seal(uint8 kind,address node,uint64 number,bytes32 previous,uint32 count,bytes32 root,uint128 total,uint64 atMs)"
);
bytes32 constant EPOCH_ROOT_TYPE = keccak256("EpochRoot(uint32 epoch,bytes32 root,uint128 total,bytes32 fileHash)");
bytes32 constant NODE_BOND_TYPE = keccak256("NodeBond(address node,address owner,uint64 nonce)");
bytes32 constant WALLET_BINDING_TYPE = keccak256("WalletBinding(address node,address wallet)");

function hashReceipt(UsageReceipt calldata receipt) pure returns (bytes32) {
    return keccak256(abi.encode(USAGE_RECEIPT_TYPE, receipt));
}

function hashAcceptance(Acceptance calldata acceptance) pure returns (bytes32) {
    return keccak256(abi.encode(ACCEPTANCE_TYPE, acceptance));
}

function hashSeal(Seal calldata seal) pure returns (bytes32) {
    return keccak256(abi.encode(SEAL_TYPE, seal));
}

function hashEpochRoot(EpochRoot calldata root) pure returns (bytes32) {
    return keccak256(abi.encode(EPOCH_ROOT_TYPE, root));
}

function hashNodeBond(address node, address owner, uint64 nonce) pure returns (bytes32) {
    return keccak256(abi.encode(NODE_BOND_TYPE, node, owner, nonce));
}

function hashWalletBinding(address node, address wallet) pure returns (bytes32) {
    return keccak256(abi.encode(WALLET_BINDING_TYPE, node, wallet));
}

/// Hashed twice, so that no pair of hashes can be taken for a leaf.
function hashEpochLeaf(EpochLeaf calldata leaf) pure returns (bytes32) {
    return keccak256(bytes.concat(keccak256(abi.encode(leaf))));
}

/// Units that a leaf comes to in all, what was claimed before among them.
function payableOf(EpochLeaf calldata leaf) pure returns (uint256) {
    uint256 gained = uint256(leaf.earned) + leaf.bonus;
    uint256 kept = uint256(leaf.withheld) + leaf.spent;
    return gained > kept ? gained - kept : 0;
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MessageDomain} from "./MessageDomain.sol";
import {
    Acceptance,
    EpochLeaf,
    EpochRoot,
    hashAcceptance,
    hashEpochLeaf,
    hashEpochRoot,
    hashNodeBond,
    hashReceipt,
    hashSeal,
    hashWalletBinding,
    payableOf,
    Proof,
    Seal,
    UsageReceipt
} from "./Messages.sol";

/// For tests: tells what the contracts make of each message, so that schema's vectors can be held against it.
contract TestMessages is MessageDomain {
    constructor(address verifyingContract) MessageDomain(verifyingContract) {}

    function receiptDigest(UsageReceipt calldata receipt) external view returns (bytes32) {
        return _digest(hashReceipt(receipt));
    }

    function acceptanceDigest(Acceptance calldata acceptance) external view returns (bytes32) {
        return _digest(hashAcceptance(acceptance));
    }

    function sealDigest(Seal calldata seal) external view returns (bytes32) {
        return _digest(hashSeal(seal));
    }

    function epochRootDigest(EpochRoot calldata root) external view returns (bytes32) {
        return _digest(hashEpochRoot(root));
    }

    function nodeBondDigest(address node, address owner, uint64 nonce) external view returns (bytes32) {
        return _digest(hashNodeBond(node, owner, nonce));
    }

    function walletBindingDigest(address node, address wallet) external view returns (bytes32) {
        return _digest(hashWalletBinding(node, wallet));
    }

    function leafHash(EpochLeaf calldata leaf) external pure returns (bytes32) {
        return hashEpochLeaf(leaf);
    }

    function leafPayable(EpochLeaf calldata leaf) external pure returns (uint256) {
        return payableOf(leaf);
    }

    function rootOf(bytes32[] calldata proof, bytes32 leaf) external pure returns (bytes32) {
        return MerkleProof.processProof(proof, leaf);
    }

    function signerOf(bytes32 digest, bytes calldata signature) external pure returns (address) {
        return _signerOf(digest, signature);
    }

    function proverOf(bytes32 digest, uint8 kind, address node, Proof calldata proof) external view returns (address) {
        return _proverOf(digest, kind, node, proof);
    }
}

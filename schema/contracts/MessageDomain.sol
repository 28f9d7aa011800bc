// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {hashSeal, MAX_SEALED, MAX_SIBLINGS, Proof} from "./Messages.sol";

/// The one EIP-712 domain of all of Irori's messages, whichever contract reads them: its verifying contract is Payouts. A signature has one form only:
/// 65 bytes, low s, v 27 or 28; every other is refused.
abstract contract MessageDomain {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    address public immutable domainContract;
    uint256 private immutable _chainId;
    bytes32 private immutable _separator;

    error NotUnderSeal();

    constructor(address verifyingContract) {
        domainContract = verifyingContract;
        _chainId = block.chainid;
        _separator = _makeSeparator(verifyingContract);
    }

    /// Made anew where the chain has split and has another id now.
    function domainSeparator() public view returns (bytes32) {
        return block.chainid == _chainId ? _separator : _makeSeparator(domainContract);
    }

    function _makeSeparator(address verifyingContract) private view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPE, keccak256("Irori"), keccak256("1"), block.chainid, verifyingContract)
        );
    }

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domainSeparator(), structHash);
    }

    /// Who signed a digest. Reverts for every signature but one in its canonical form.
    function _signerOf(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        return ECDSA.recover(digest, signature);
    }

    /// Who signed a message itself, or the seal that it is under. A seal must be of the message's kind and of its node's chain.
    function _proverOf(bytes32 digest, uint8 kind, address node, Proof calldata proof) internal view returns (address) {
        uint256 count = proof.seal.count;
        uint256 siblings = proof.siblings.length;
        if (count == 0) {
            if (siblings != 0) revert NotUnderSeal();
            return _signerOf(digest, proof.signature);
        }
        if (proof.seal.kind != kind || proof.seal.node != node) revert NotUnderSeal();
        if (count > MAX_SEALED || siblings > MAX_SIBLINGS || (count == 1) != (siblings == 0)) revert NotUnderSeal();
        if (MerkleProof.processProof(proof.siblings, digest) != proof.seal.root) revert NotUnderSeal();
        return _signerOf(_digest(hashSeal(proof.seal)), proof.signature);
    }
}

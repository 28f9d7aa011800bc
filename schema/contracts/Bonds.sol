// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IroriToken} from "./IroriToken.sol";
import {MessageDomain} from "./MessageDomain.sol";
import {
    Acceptance,
    ACCEPTANCES,
    EpochRoot,
    hashAcceptance,
    hashEpochRoot,
    hashNodeBond,
    hashReceipt,
    Proof,
    RECEIPTS,
    UsageReceipt
} from "./Messages.sol";
import {Rules} from "./Rules.sol";

/// Tokens that stand for a signing key: a node's, a router's, the root key's. They are lost on evidence that anybody can check, and on nothing else. What is
/// bonded votes; it never decides who works.
contract Bonds is Votes, MessageDomain {
    /// Two slots. Amounts in the token's least parts.
    struct Bond {
        address owner;
        uint96 amount;
        /// What is being taken out; it can still be lost.
        uint96 leaving;
        uint64 readyAt;
        /// How often the key was bound to an owner and let go again: a consent counts once.
        uint64 nonce;
    }

    uint256 public constant UNIT = 1e12;

    IroriToken public immutable token;
    Rules public immutable rules;
    address public immutable payouts;

    mapping(address key => Bond) private _bonds;
    mapping(address owner => uint256) private _bondedBy;
    mapping(bytes32 fault => bool) public isPunished;

    event Bonded(address indexed key, address indexed owner, uint256 amount);
    event Unbonding(address indexed key, uint256 amount, uint256 readyAt);
    event Withdrawn(address indexed key, address indexed owner, uint256 amount);
    event Slashed(address indexed key, address indexed reporter, bytes32 fault, uint256 taken, uint256 reward);

    error NoAmount();
    error NotOwner();
    error NotConsented();
    error NotReady();
    error TooMuch();
    error NotEvidence();
    error NotYet();
    error AlreadyPunished();
    error NothingBonded();
    error NotPayouts();

    constructor(IroriToken token_, Rules rules_, address payouts_) EIP712("Irori bonds", "1") MessageDomain(payouts_) {
        token = token_;
        rules = rules_;
        payouts = payouts_;
    }

    function bondOf(address key) external view returns (Bond memory) {
        return _bonds[key];
    }

    /// What stands for a key and is not being taken out.
    function bondedOf(address key) external view returns (uint256) {
        return _bonds[key].amount;
    }

    /// Puts tokens behind a signing key. The first time with that key's consent, a `NodeBond` for the sender, so that nobody can squat on another's key; then
    /// by the same owner alone, whose consent is not looked at any more.
    function bond(address key, uint256 amount, bytes calldata consent) external {
        _bond(key, amount, consent);
    }

    /// As `bond`, with the allowance in the same transaction. One that was used already, by whoever saw it first, is no failure.
    function bondWithPermit(
        address key,
        uint256 amount,
        bytes calldata consent,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        try token.permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _bond(key, amount, consent);
    }

    /// Starts to take tokens out: they vote no more, and can be lost until they are withdrawn. More while some are leaving starts the time anew for all.
    function unbond(address key, uint256 amount) external {
        Bond storage held = _bonds[key];
        if (held.owner != msg.sender) revert NotOwner();
        if (amount == 0) revert NoAmount();
        if (amount > held.amount) revert TooMuch();
        uint256 readyAt = block.timestamp + rules.values().unbondSeconds;
        held.amount -= uint96(amount);
        held.leaving += uint96(amount);
        held.readyAt = uint64(readyAt);
        _takeVotes(msg.sender, amount);
        emit Unbonding(key, amount, readyAt);
    }

    function withdraw(address key) external {
        Bond storage held = _bonds[key];
        address owner = held.owner;
        if (owner != msg.sender) revert NotOwner();
        uint256 amount = held.leaving;
        if (amount == 0) revert NoAmount();
        if (block.timestamp < held.readyAt) revert NotReady();
        held.leaving = 0;
        _letGoIfEmpty(held);
        emit Withdrawn(key, owner, amount);
        token.transfer(owner, amount);
    }

    /// Two receipts of one number by one node.
    function slashReceipts(
        UsageReceipt calldata one,
        Proof calldata oneProof,
        UsageReceipt calldata other,
        Proof calldata otherProof
    ) external {
        if (one.node != other.node || one.seq != other.seq) revert NotEvidence();
        bytes32 oneDigest = _digest(hashReceipt(one));
        bytes32 otherDigest = _digest(hashReceipt(other));
        if (oneDigest == otherDigest) revert NotEvidence();
        if (_proverOf(oneDigest, RECEIPTS, one.node, oneProof) != one.node) revert NotEvidence();
        if (_proverOf(otherDigest, RECEIPTS, one.node, otherProof) != one.node) revert NotEvidence();
        _slash(one.node, keccak256(abi.encode("receipts", one.node, one.seq)));
    }

    /// Two acceptances for one node by one key: of one count, or a later one whose total or epoch is less. One fault for a node and the later one's epoch.
    /// Not of epochs to come: a signer could have himself punished for them while next to nothing is bonded.
    function slashAcceptances(
        Acceptance calldata one,
        Proof calldata oneProof,
        Acceptance calldata other,
        Proof calldata otherProof
    ) external {
        if (one.node != other.node || !_contradicts(one, other)) revert NotEvidence();
        address signer = _proverOf(_digest(hashAcceptance(one)), ACCEPTANCES, one.node, oneProof);
        if (_proverOf(_digest(hashAcceptance(other)), ACCEPTANCES, one.node, otherProof) != signer) {
            revert NotEvidence();
        }
        uint32 epoch = one.epoch > other.epoch ? one.epoch : other.epoch;
        // A router may be one epoch ahead of the chain's clock.
        if (epoch > rules.currentEpoch() + 1) revert NotYet();
        _slash(signer, keccak256(abi.encode("acceptances", signer, one.node, epoch)));
    }

    /// Two roots of one epoch by one key. Not of an epoch to come, as with acceptances.
    function slashRoots(
        EpochRoot calldata one,
        bytes calldata oneSignature,
        EpochRoot calldata other,
        bytes calldata otherSignature
    ) external {
        bytes32 oneDigest = _digest(hashEpochRoot(one));
        bytes32 otherDigest = _digest(hashEpochRoot(other));
        if (one.epoch != other.epoch || oneDigest == otherDigest) revert NotEvidence();
        if (one.epoch > rules.currentEpoch()) revert NotYet();
        address signer = _signerOf(oneDigest, oneSignature);
        if (_signerOf(otherDigest, otherSignature) != signer) revert NotEvidence();
        _slash(signer, keccak256(abi.encode("roots", signer, one.epoch)));
    }

    /// For a challenge that nobody answered. Takes nothing where nothing is left, so that a root is void all the same.
    function slashForOmission(address key, address reporter, uint32 epoch) external {
        if (msg.sender != payouts) revert NotPayouts();
        bytes32 fault = keccak256(abi.encode("omission", key, epoch));
        if (!isPunished[fault] && uint256(_bonds[key].amount) + _bonds[key].leaving > 0) _take(key, reporter, fault);
    }

    /// The deposits of challenges lie here, so that no claim can be paid from them; Payouts says whose each one is.
    function giveDeposit(address to, uint256 amount) external {
        if (msg.sender != payouts) revert NotPayouts();
        token.transfer(to, amount);
    }

    /// Votes go by time, as the epochs do.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function _getVotingUnits(address owner) internal view override returns (uint256) {
        return _bondedBy[owner];
    }

    function _bond(address key, uint256 amount, bytes calldata consent) private {
        if (amount == 0) revert NoAmount();
        Bond storage held = _bonds[key];
        if (held.owner == address(0)) {
            bytes32 digest = _digest(hashNodeBond(key, msg.sender, held.nonce));
            if (_signerOf(digest, consent) != key) revert NotConsented();
            held.owner = msg.sender;
        } else if (held.owner != msg.sender) {
            revert NotOwner();
        }
        held.amount += SafeCast.toUint96(amount);
        _bondedBy[msg.sender] += amount;
        _transferVotingUnits(address(0), msg.sender, amount);
        emit Bonded(key, msg.sender, amount);
        token.transferFrom(msg.sender, address(this), amount);
    }

    function _slash(address key, bytes32 fault) private {
        if (isPunished[fault]) revert AlreadyPunished();
        if (uint256(_bonds[key].amount) + _bonds[key].leaving == 0) revert NothingBonded();
        _take(key, msg.sender, fault);
    }

    function _take(address key, address reporter, bytes32 fault) private {
        isPunished[fault] = true;
        Bond storage held = _bonds[key];
        address owner = held.owner;
        Rules.Values memory set = rules.values();
        uint256 taken = (uint256(held.amount) + held.leaving) * set.slashBps / 10_000;
        uint256 reward = taken * set.reporterBps / 10_000;
        uint256 fromAmount = taken < held.amount ? taken : held.amount;
        held.amount -= uint96(fromAmount);
        held.leaving -= uint96(taken - fromAmount);
        _takeVotes(owner, fromAmount);
        _letGoIfEmpty(held);
        emit Slashed(key, reporter, fault, taken, reward);
        token.burn(taken - reward);
        token.transfer(reporter, reward);
    }

    function _takeVotes(address owner, uint256 amount) private {
        _bondedBy[owner] -= amount;
        _transferVotingUnits(owner, address(0), amount);
    }

    function _letGoIfEmpty(Bond storage held) private {
        if (held.amount != 0 || held.leaving != 0) return;
        held.owner = address(0);
        held.readyAt = 0;
        held.nonce += 1;
    }

    function _contradicts(Acceptance calldata one, Acceptance calldata other) private pure returns (bool) {
        if (one.count == other.count) return hashAcceptance(one) != hashAcceptance(other);
        if (one.count > other.count) return _contradicts(other, one);
        return other.cumulativeAmount < one.cumulativeAmount || other.epoch < one.epoch;
    }
}

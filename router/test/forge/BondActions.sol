// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Bonds, votes and evidence.

import {
    Acceptance,
    ACCEPTANCES,
    EpochRoot,
    Proof,
    RECEIPTS,
    UsageReceipt
} from "../../../schema/contracts/Messages.sol";
import {Bond} from "./Doors.sol";
import {RootActions} from "./RootActions.sol";

abstract contract BondActions is RootActions {
    function bond(uint256 seed) external {
        uint256 key = _pick(seed, "key", keys.length);
        address owner = owners[_pick(seed, "owner", OWNERS)];
        if (held[key].owner != address(0) && _pick(seed, "own", 4) != 0) owner = held[key].owner;
        uint256 amount = _pick(seed, "none", 16) == 0 ? 0 : 1 + _pick(seed, "amount", 200e18);
        _bond(key, owner, amount, _pick(seed, "consent", 4));
    }

    /// `how`: 0 by another key, 1 with a consent that was used, otherwise rightly.
    function _bond(uint256 key, address owner, uint256 amount, uint256 how) private {
        Bond storage of_ = held[key];
        uint256 nonce = how == 1 ? of_.nonce + 1 : of_.nonce;
        if (how == 1 && of_.nonce > 0) nonce = of_.nonce - 1;
        bytes memory consent = _consent(key, owner, nonce, how == 0 ? (key + 1) % keys.length : key);
        bool should = amount > 0 && (of_.owner == address(0) ? how > 1 : of_.owner == owner);
        should = should && token.balanceOf(owner) >= amount;
        (bool ok, bytes memory told) =
            _send(owner, address(bonds), abi.encodeCall(bonds.bond, (addresses[key], amount, consent)));
        _judge("bond", ok, told, should);
        if (!ok) return;
        of_.owner = owner;
        of_.amount += uint96(amount);
    }

    /// What the rules ask of a root key; its owner has plenty.
    function _topUp(uint256 key) internal override {
        uint256 wanted = _values().rootBondUnits * UNIT;
        if (held[key].amount >= wanted) return;
        address owner = held[key].owner == address(0) ? owners[0] : held[key].owner;
        if (token.balanceOf(owner) >= wanted) _bond(key, owner, wanted - held[key].amount, 2);
    }

    function unbond(uint256 seed) external {
        uint256 key = _pick(seed, "key", keys.length);
        Bond storage of_ = held[key];
        address sender = of_.owner == address(0) || _pick(seed, "own", 8) == 0 ? STRANGER : of_.owner;
        uint256 amount = of_.amount / (1 + _pick(seed, "part", 3));
        if (_pick(seed, "more", 8) == 0) amount = uint256(of_.amount) + 1;
        _unbond(key, sender, amount);
    }

    function _unbond(uint256 key, address sender, uint256 amount) private {
        Bond storage of_ = held[key];
        bool should = sender == of_.owner && amount > 0 && amount <= of_.amount;
        (bool ok, bytes memory told) =
            _send(sender, address(bonds), abi.encodeCall(bonds.unbond, (addresses[key], amount)));
        _judge("unbond", ok, told, should);
        if (!ok) return;
        of_.amount -= uint96(amount);
        of_.leaving += uint96(amount);
        of_.readyAt = uint64(block.timestamp + _values().unbondSeconds);
    }

    /// A little less than what the rules ask of a root key.
    function _lower(uint256 key) internal override {
        uint256 wanted = _values().rootBondUnits * UNIT;
        if (wanted == 0 || held[key].amount < wanted) return;
        _unbond(key, held[key].owner, held[key].amount - wanted + 1);
    }

    function withdraw(uint256 seed) external {
        uint256 key = _pick(seed, "key", keys.length);
        Bond storage of_ = held[key];
        // One that has something to take out, where there is any.
        for (uint256 i = 0; i < keys.length && of_.leaving == 0; i++) of_ = held[key = (key + 1) % keys.length];
        if (_pick(seed, "wait", 3) != 0) _waitFor(of_.readyAt);
        address sender = of_.owner == address(0) || _pick(seed, "own", 8) == 0 ? STRANGER : of_.owner;
        bool should = sender == of_.owner && of_.leaving > 0 && block.timestamp >= of_.readyAt;
        uint256 before = token.balanceOf(sender);
        (bool ok, bytes memory told) = _send(sender, address(bonds), abi.encodeCall(bonds.withdraw, (addresses[key])));
        _judge("withdraw", ok, told, should);
        if (!ok) return;
        _check(token.balanceOf(sender) == before + of_.leaving, "a withdrawal paid another amount");
        of_.leaving = 0;
        _noteEmpty(key);
    }

    function delegate(uint256 seed) external {
        address owner = owners[_pick(seed, "owner", OWNERS)];
        address to = _pick(seed, "self", 2) == 0 ? owner : owners[_pick(seed, "to", OWNERS)];
        (bool ok, bytes memory told) = _send(owner, address(bonds), abi.encodeCall(bonds.delegate, (to)));
        _judge("delegate", ok, told, true);
        if (ok) delegateOf[owner] = to;
    }

    // Evidence. Numbers are few, so that faults come again.

    function proveReceipts(uint256 seed) external {
        uint256 node = _pick(seed, "node", NODES);
        // A fault without a bond teaches little.
        if (_standing(node) == 0 && _pick(seed, "bonded", 8) != 0) _bond(node, owners[0], 20e18, 2);
        UsageReceipt memory one = _receipt(node, _pick(seed, "seq", 3), _pick(seed, "one", 4));
        UsageReceipt memory other = _receipt(node, one.seq, _pick(seed, "other", 4));
        bool should = one.outputTokens != other.outputTokens;
        if (_pick(seed, "seq differs", 8) == 0) (other.seq, should) = (one.seq + 1, false);
        uint256 by = _pick(seed, "by", 8) == 0 ? (node + 1) % NODES : node;
        (bytes32 oneDigest, bytes32 otherDigest) = (_receiptDigest(one), _receiptDigest(other));
        Proof memory oneProof = _prove(seed, "first", node, oneDigest, RECEIPTS, addresses[node]);
        Proof memory otherProof = _prove(seed, "second", by, otherDigest, RECEIPTS, addresses[node]);
        bool isTwin = _pick(seed, "twin", 8) == 0;
        if (isTwin) otherProof = _plain(_highTwin(keys[by], otherDigest));
        bytes32 fault_ = keccak256(abi.encode("two receipts", node, one.seq));
        should = should && by == node && !isTwin && !isPunished[fault_] && _standing(node) > 0;
        bytes memory data = abi.encodeCall(bonds.slashReceipts, (one, oneProof, other, otherProof));
        _report("slashReceipts", data, node, fault_, should);
    }

    function proveAcceptances(uint256 seed) external {
        uint256 router = ROUTER + _pick(seed, "router", 2);
        uint256 node = _pick(seed, "node", NODES);
        Acceptance memory one = _acceptance(node, seed, "one");
        Acceptance memory other = _acceptance(node, seed, "other");
        // What a router signs may be an epoch ahead of the chain, and no more.
        if (_pick(seed, "ahead", 8) == 0) one.epoch = other.epoch = _epochNow() + uint32(_pick(seed, "epochs", 3));
        bool should = (_isFault(one, other) || _isFault(other, one)) && one.epoch <= _epochNow() + 1;
        bool isOtherNode = _pick(seed, "other node", 8) == 0;
        if (isOtherNode) other.node = addresses[(node + 1) % NODES];
        uint256 by = _pick(seed, "by", 8) == 0 ? ROUTER + ROUTER + 1 - router : router;
        Proof memory oneProof = _prove(seed, "first", router, _acceptanceDigest(one), ACCEPTANCES, one.node);
        Proof memory otherProof = _prove(seed, "second", by, _acceptanceDigest(other), ACCEPTANCES, other.node);
        uint32 epoch = one.epoch > other.epoch ? one.epoch : other.epoch;
        bytes32 fault_ = keccak256(abi.encode("two acceptances", router, node, epoch));
        should = should && !isOtherNode && by == router && !isPunished[fault_] && _standing(router) > 0;
        bytes memory data = abi.encodeCall(bonds.slashAcceptances, (one, oneProof, other, otherProof));
        _report("slashAcceptances", data, router, fault_, should);
    }

    function proveRoots(uint256 seed) external {
        uint256 key = ROOT + _pick(seed, "key", 2);
        EpochRoot memory one = EpochRoot(uint32(_pick(seed, "epoch", 4)), bytes32(uint256(1)), 5, bytes32(0));
        EpochRoot memory other = EpochRoot(one.epoch, bytes32(_pick(seed, "root", 3)), 5, bytes32(0));
        if (_pick(seed, "ahead", 8) == 0) one.epoch = other.epoch = _epochNow() + uint32(_pick(seed, "epochs", 2));
        bool should = other.root != one.root && one.epoch <= _epochNow();
        if (_pick(seed, "epoch differs", 4) == 0) (other.epoch, should) = (one.epoch + 1, false);
        uint256 by = _pick(seed, "by", 8) == 0 ? ROOT + ROOT + 1 - key : key;
        (bytes32 oneDigest, bytes32 otherDigest) = (_rootDigest(one), _rootDigest(other));
        bytes memory otherSignature = _sign(keys[by], otherDigest);
        bool isTwin = _pick(seed, "twin", 8) == 0;
        if (isTwin) otherSignature = _highTwin(keys[by], otherDigest);
        bytes32 fault_ = keccak256(abi.encode("two roots", key, one.epoch));
        should = should && by == key && !isTwin && !isPunished[fault_] && _standing(key) > 0;
        bytes memory data =
            abi.encodeCall(bonds.slashRoots, (one, _sign(keys[key], oneDigest), other, otherSignature));
        _report("slashRoots", data, key, fault_, should);
    }

    /// What an honest router and an honest root key have signed is evidence of nothing, however it is put together.
    function accuseTheHonest(uint256 seed) external {
        uint256 node = _pick(seed, "node", NODES);
        uint256 count = acceptances[node].length;
        if (count > 0) {
            Acceptance memory one = acceptances[node][_pick(seed, "one", count)];
            Acceptance memory other = acceptances[node][_pick(seed, "other", count)];
            Proof memory oneProof = _prove(seed, "first", ROUTER, _acceptanceDigest(one), ACCEPTANCES, one.node);
            Proof memory otherProof = _prove(seed, "second", ROUTER, _acceptanceDigest(other), ACCEPTANCES, one.node);
            bytes memory data = abi.encodeCall(bonds.slashAcceptances, (one, oneProof, other, otherProof));
            _report("accusation", data, ROUTER, bytes32(0), false);
        }
        uint256 other_ = ROOT + _pick(seed, "root key", 2);
        EpochRoot memory first = EpochRoot(1000, bytes32(uint256(1)), 5, bytes32(0));
        EpochRoot memory second = EpochRoot(1001, bytes32(uint256(2)), 7, bytes32(0));
        bytes memory signature = _sign(keys[other_], _rootDigest(first));
        bytes memory signatureToo = _sign(keys[other_], _rootDigest(second));
        _report(
            "accusation",
            abi.encodeCall(bonds.slashRoots, (first, signature, second, signatureToo)),
            other_,
            bytes32(0),
            false
        );
    }

    function _report(string memory act, bytes memory data, uint256 key, bytes32 fault_, bool should) private {
        uint256 before = token.balanceOf(STRANGER);
        (bool ok, bytes memory told) = _send(STRANGER, address(bonds), data);
        _judge(act, ok, told, should);
        if (!ok) return;
        uint256 reward = _noteSlash(key, fault_);
        _check(token.balanceOf(STRANGER) == before + reward, "a reporter was given another reward");
    }

    /// By its own signature, or under a seal.
    function _prove(uint256 seed, string memory what, uint256 by, bytes32 digest, uint8 kind, address node)
        internal
        view
        returns (Proof memory)
    {
        if (_pick(seed, what, 2) == 0) return _plain(_sign(keys[by], digest));
        return _sealed(keys[by], digest, kind, node);
    }

    function _receipt(uint256 node, uint256 seq, uint256 tokens) private view returns (UsageReceipt memory receipt) {
        receipt.node = addresses[node];
        receipt.seq = uint64(seq);
        receipt.outputTokens = uint32(tokens);
    }

    function _acceptance(uint256 node, uint256 seed, string memory what) private view returns (Acceptance memory) {
        uint256 drawn = _pick(seed, what, 27);
        return Acceptance({
            receiptHash: bytes32(uint256(1)),
            node: addresses[node],
            promptTokens: 0,
            outputTokens: 0,
            amount: 1,
            status: 0,
            epoch: uint32(drawn % 3),
            count: uint64(drawn / 3 % 3),
            cumulativeAmount: uint128(drawn / 9)
        });
    }

    /// The later one denies the earlier one.
    function _isFault(Acceptance memory earlier, Acceptance memory later) private pure returns (bool) {
        if (earlier.count > later.count) return false;
        if (earlier.count == later.count) return keccak256(abi.encode(earlier)) != keccak256(abi.encode(later));
        return later.cumulativeAmount < earlier.cumulativeAmount || later.epoch < earlier.epoch;
    }
}

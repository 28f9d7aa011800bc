// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Single calls with anything in them: what must be taken is taken, everything else is refused.

import {
    Acceptance,
    ACCEPTANCES,
    EpochLeaf,
    EpochRoot,
    Proof,
    RECEIPTS,
    UsageReceipt
} from "../../../schema/contracts/Messages.sol";
import {Values} from "./Doors.sol";
import {World} from "./World.sol";

contract Fuzz is World {
    uint256 private constant NODE = 0;

    function setUp() external {
        address owner = owners[0];
        token.transfer(owner, AT_START / 2);
        _send(owner, address(token), abi.encodeCall(token.approve, (address(bonds), type(uint256).max)));
        for (uint256 key = 0; key < keys.length; key++) {
            bytes memory data = abi.encodeCall(bonds.bond, (addresses[key], 1000e18, _consent(key, owner, 0, key)));
            (bool ok,) = _send(owner, address(bonds), data);
            require(ok, "a key was not bonded");
        }
    }

    function testFuzz_noVoteLeavesTheBounds(Values memory set, uint32 from) external {
        bool should = from > _epochNow() && set.feeBps <= 2000 && set.slashBps >= 100 && set.slashBps <= 10_000;
        should = should && set.reporterBps <= 5000 && set.bonusBps <= 10_000;
        should = should && set.windowSeconds >= EPOCH / 2 && set.windowSeconds <= EPOCH * 11 / 12;
        should = should && set.unbondSeconds >= 7 * EPOCH && set.unbondSeconds <= 90 * EPOCH;
        should = should && set.capUnits > 0 && set.capUnits <= 1e12 && set.rootBondUnits <= 1e10;
        (bool ok,) = _send(TIMELOCK, address(rules), abi.encodeCall(rules.setValues, (set, from)));
        require(ok == should, "values out of bounds were taken, or others refused");
    }

    function test_everyBoundIsWhereItIsSaid() external {
        uint32 from = _epochNow() + 1;
        for (uint256 i = 0; i < BOUNDS; i++) {
            bytes memory data = abi.encodeCall(rules.setValues, (_breakBound(_startValues(), i), from));
            (bool ok,) = _send(TIMELOCK, address(rules), data);
            require(!ok, "values out of bounds were taken");
        }
        Values memory most = Values(2000, 10_000, 5000, 10_000, uint32(90 * EPOCH), uint32(EPOCH * 11 / 12), 1e12, 1e10);
        Values memory least = Values(0, 100, 0, 0, uint32(7 * EPOCH), uint32(EPOCH / 2), 1, 0);
        (bool isMostTaken,) = _send(TIMELOCK, address(rules), abi.encodeCall(rules.setValues, (most, from)));
        (bool isLeastTaken,) = _send(TIMELOCK, address(rules), abi.encodeCall(rules.setValues, (least, from)));
        require(isMostTaken && isLeastTaken, "values within the bounds were refused");
    }

    function testFuzz_aRootGrowsByTheCapAtMost(uint32 later, uint128 total, bool isClose) external {
        vm.warp(block.timestamp + uint256(later % 60) * EPOCH);
        // The network began in its first epoch: the one before counts as final.
        uint256 epochs = later % 60;
        uint256 limit = (epochs > 30 ? 30 : epochs) * 1e9;
        if (isClose) total = uint128(limit + total % 3);
        EpochRoot memory signed = EpochRoot(_epochNow() - 1, bytes32(uint256(1)), total, bytes32(0));
        bytes memory data = abi.encodeCall(payouts.post, (signed, _sign(keys[ROOT], _rootDigest(signed))));
        (bool ok,) = _send(STRANGER, address(payouts), data);
        require(ok == (epochs > 0 && total <= limit), "a total over the cap was taken, or one under it refused");
    }

    function testFuzz_aLeafPaysWhatItComesTo(uint128 earned, uint128 withheld, uint128 bonus, uint128 spent, bool isSmall)
        external
    {
        EpochLeaf[] memory leaves = new EpochLeaf[](4);
        leaves[0] = EpochLeaf(addresses[0], owners[1], earned, withheld, bonus, 1, bytes32(0), spent);
        if (isSmall) {
            leaves[0].earned %= 1e9;
            leaves[0].withheld %= 4e8;
            leaves[0].bonus %= 1e8;
            leaves[0].spent %= 4e8;
        }
        _settle(leaves, 1e9);
        uint256 units = _payable(leaves[0]);
        bytes memory data = abi.encodeCall(payouts.claim, (leaves[0], _wayTo(leaves, 0)));
        (bool ok, bytes memory told) = _send(STRANGER, address(payouts), data);
        require(ok == (units > 0 && units <= 1e9), "a leaf was paid that is not due, or refused though it is");
        require(token.balanceOf(owners[1]) == (ok ? units * UNIT : 0), "another amount was paid");
        require(ok || bytes4(told) != 0x4e487b71, "a claim panicked");
        (ok,) = _send(STRANGER, address(payouts), data);
        require(!ok, "a leaf was paid twice");
    }

    function testFuzz_aLeafThatIsNotInTheRootPaysNothing(EpochLeaf memory other, uint256 which, bytes32[] memory way)
        external
    {
        EpochLeaf[] memory leaves = new EpochLeaf[](4);
        leaves[0] = EpochLeaf(addresses[0], owners[1], 5e8, 0, 0, 1, bytes32(0), 0);
        _settle(leaves, 1e9);
        EpochLeaf memory leaf = EpochLeaf(addresses[0], owners[1], 5e8, 0, 0, 1, bytes32(0), 0);
        // One field of the real leaf, or all of them.
        which %= 9;
        if (which == 0 || which == 8) leaf.node = other.node;
        if (which == 1 || which == 8) leaf.wallet = other.wallet;
        if (which == 2 || which == 8) leaf.earned = other.earned;
        if (which == 3 || which == 8) leaf.withheld = other.withheld;
        if (which == 4 || which == 8) leaf.bonus = other.bonus;
        if (which == 5 || which == 8) leaf.count = other.count;
        if (which == 6 || which == 8) leaf.acceptancesRoot = other.acceptancesRoot;
        if (which == 7 || which == 8) leaf.spent = other.spent;
        vm.assume(_leafHash(leaf) != _leafHash(leaves[0]));
        bytes32[] memory real = _wayTo(leaves, 0);
        (bool ok,) = _send(STRANGER, address(payouts), abi.encodeCall(payouts.claim, (leaf, real)));
        require(!ok, "a changed leaf was paid");
        vm.assume(keccak256(abi.encode(way)) != keccak256(abi.encode(real)));
        (ok,) = _send(STRANGER, address(payouts), abi.encodeCall(payouts.claim, (leaves[0], way)));
        require(!ok, "a leaf was paid by another proof");
    }

    function _settle(EpochLeaf[] memory leaves, uint128 total) private {
        vm.warp(block.timestamp + EPOCH);
        EpochRoot memory signed = EpochRoot(_epochNow() - 1, _rootOf(leaves), total, bytes32(0));
        payouts.post(signed, _sign(keys[ROOT], _rootDigest(signed)));
        vm.warp(block.timestamp + EPOCH);
        payouts.finalise();
    }

    function testFuzz_aSignatureHasOneForm(bytes memory any, address wallet) external {
        vm.assume(wallet != address(0));
        bytes memory right = _binding(NODE, wallet, NODE);
        vm.assume(keccak256(any) != keccak256(right));
        require(!_binds(wallet, any), "a foreign signature was taken");
        require(!_binds(wallet, bytes.concat(right, hex"00")), "a longer signature was taken");
        bytes32 r;
        bytes32 s;
        assembly {
            r := mload(add(right, 32))
            s := mload(add(right, 64))
        }
        uint8 v = uint8(right[64]);
        require(!_binds(wallet, abi.encodePacked(r, s, v - 27)), "a signature with v 0 or 1 was taken");
        bytes32 short = bytes32(uint256(s) | (uint256(v - 27) << 255));
        require(!_binds(wallet, abi.encodePacked(r, short)), "a short signature was taken");
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory twin = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        require(!_binds(wallet, twin), "a high-s twin was taken");
        require(_binds(wallet, right), "the right signature was refused");
    }

    function _binds(address wallet, bytes memory signature) private returns (bool ok) {
        (ok,) = _send(
            STRANGER, address(payouts), abi.encodeCall(payouts.bindWallet, (addresses[NODE], wallet, signature))
        );
    }

    function testFuzz_onlyTwoReceiptsOfOneNumberAreEvidence(UsageReceipt memory one, UsageReceipt memory other, uint256 how)
        external
    {
        one.node = other.node = addresses[NODE];
        if (how % 4 > 0) other.seq = one.seq;
        if (how % 4 == 3) other = one;
        bool should = one.seq == other.seq && _receiptDigest(one) != _receiptDigest(other);
        // Under a seal of another kind, of another node or of other messages, neither proves anything.
        uint8 kind = how / 4 % 4 == 0 ? ACCEPTANCES : RECEIPTS;
        address of_ = how / 4 % 4 == 1 ? addresses[1] : addresses[NODE];
        Proof memory oneProof = _plain(_sign(keys[NODE], _receiptDigest(one)));
        Proof memory otherProof = _sealed(keys[NODE], _receiptDigest(other), kind, of_);
        if (how / 4 % 4 == 2) otherProof.siblings[0] = bytes32(how);
        should = should && how / 4 % 4 == 3;
        _expectSlash(abi.encodeCall(bonds.slashReceipts, (one, oneProof, other, otherProof)), should);
        // The same in the other order.
        _expectSlash(abi.encodeCall(bonds.slashReceipts, (other, otherProof, one, oneProof)), false);
    }

    function testFuzz_onlyAcceptancesThatDenyEachOtherAreEvidence(Acceptance memory one, Acceptance memory other, uint256 how)
        external
    {
        other.node = one.node;
        if (how % 4 == 0) other.count = one.count;
        if (how % 4 == 1) (other = one).count += one.count < type(uint64).max ? 1 : 0;
        // What a router signs may be an epoch ahead of the chain, and no more.
        uint32 latest = _epochNow() + 2;
        if (how / 4 % 4 > 0) (one.epoch, other.epoch) = (one.epoch % latest, other.epoch % latest);
        if (how / 4 % 4 == 1) one.epoch = latest - 1;
        (Acceptance memory first, Acceptance memory then) = one.count <= other.count ? (one, other) : (other, one);
        bool should = _acceptanceDigest(one) != _acceptanceDigest(other);
        if (first.count != then.count) {
            should = first.cumulativeAmount > then.cumulativeAmount || first.epoch > then.epoch;
        }
        should = should && one.epoch < latest && other.epoch < latest;
        Proof memory oneProof = _sealed(keys[ROUTER], _acceptanceDigest(one), ACCEPTANCES, one.node);
        Proof memory otherProof = _plain(_sign(keys[ROUTER], _acceptanceDigest(other)));
        _expectSlash(abi.encodeCall(bonds.slashAcceptances, (one, oneProof, other, otherProof)), should);
        _expectSlash(abi.encodeCall(bonds.slashAcceptances, (other, otherProof, one, oneProof)), false);
    }

    function _expectSlash(bytes memory data, bool should) private {
        (bool ok,) = _send(STRANGER, address(bonds), data);
        require(ok == should, ok ? "what is no evidence was taken, or taken twice" : "evidence was refused");
    }
}

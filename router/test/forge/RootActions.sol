// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Work, roots, claims. Most of what is drawn is honest, since only then anything is reached; the rest is what a thief of the root key would post.

import {Acceptance, EpochLeaf, EpochRoot} from "../../../schema/contracts/Messages.sol";
import {Model} from "./Model.sol";

abstract contract RootActions is Model {
    enum How {
        // Mostly refused.
        Early,
        Poor,
        Falling,
        OverCap,
        Again,
        NotOver,
        OtherKey,
        HighTwin,
        // Taken, whatever comes of it.
        Omitting,
        Underfunded,
        AtCap,
        Generous,
        Short,
        Honest
    }

    function pass(uint256 seed) external {
        bool isLong = _pick(seed, "long", 16) == 0;
        vm.warp(block.timestamp + 1 + _pick(seed, "seconds", isLong ? 40 * EPOCH : EPOCH));
    }

    function earn(uint256 seed) external {
        uint256 node = _pick(seed, "node", NODES);
        _earn(node, 1 + _pick(seed, "units", 5e7));
        Node storage of_ = nodes[node];
        uint256 left = _pick(seed, "split", 4);
        if (left == 0) of_.spent += uint128(_pick(seed, "spent", (of_.earned - of_.spent) / 4 + 1));
        if (left == 1) of_.bonus += uint128(_pick(seed, "bonus", 1e6));
        if (left == 2) of_.withheld = uint128(_pick(seed, "withheld", of_.earned / 2 + 1));
    }

    function _earn(uint256 node, uint256 units) internal {
        Node storage of_ = nodes[node];
        of_.earned += uint128(units);
        uint64 count = uint64(acceptances[node].length + 1);
        acceptances[node].push(
            Acceptance({
                receiptHash: keccak256(abi.encode(node, count)),
                node: addresses[node],
                promptTokens: 10,
                outputTokens: 20,
                amount: uint128(units),
                status: 0,
                epoch: _epochNow(),
                count: count,
                cumulativeAmount: of_.earned
            })
        );
    }

    /// What is refused leaves room for what is not.
    function post(uint256 seed) external {
        if (pendingAt != 0 && _pick(seed, "wait", 4) != 0) _waitFor(roots[pendingAt - 1].finalAt);
        uint256 node = _pick(seed, "node", NODES);
        if (_post(seed, How(_pick(seed, "refused", uint256(How.Omitting))), node)) return;
        uint256 how = uint256(How.Omitting) + _pick(seed, "taken", 10);
        _post(seed, how < uint256(How.Honest) ? How(how) : How.Honest, node);
    }

    function _post(uint256 seed, How how, uint256 node) internal returns (bool ok) {
        if (how != How.Early && _epochNow() - 1 <= lastPosted) _nextEpoch(seed);
        if (how == How.Poor) _lower(rootKey);
        else _topUp(rootKey);
        bool isDue = _isDue();
        uint128 floor = isDue ? roots[pendingAt - 1].total : _lastTotal();
        uint32 since = isDue ? roots[pendingAt - 1].epoch : lastEpoch;

        EpochLeaf[] memory leaves = _leaves(how == How.Omitting ? node : NODES);
        if (how == How.Generous) leaves[node].bonus += 1e12;
        if (how == How.Short) _shorten(seed, leaves[node]);
        EpochRoot memory signed = _makeRoot(how, leaves, floor, since);
        uint256 signer = how == How.OtherKey ? ROOT + ROOT + 1 - rootKey : rootKey;
        bytes32 digest = _rootDigest(signed);
        bytes memory signature = how == How.HighTwin ? _highTwin(keys[signer], digest) : _sign(keys[signer], digest);

        bool should = !_isPaused() && (pendingAt == 0 || isDue) && how != How.HighTwin && signer == rootKey;
        should = should && signed.epoch > lastPosted && signed.epoch < _epochNow();
        should = should && held[signer].amount >= _values().rootBondUnits * UNIT;
        should = should && signed.total >= floor && signed.total <= _limit(signed.epoch, floor, since);
        bytes memory told;
        (ok, told) = _send(STRANGER, address(payouts), abi.encodeCall(payouts.post, (signed, signature)));
        _judge(how == How.Omitting || how == How.Short ? "post: with an omission" : "post", ok, told, should);
        if (!ok) return false;
        if (isDue) {
            _noteFinal();
            _judge("final: by the next post", true, "", true);
        }
        _notePost(signed, signer, leaves);
    }

    /// All of the jobs and not all of the pay, or the other way round.
    function _shorten(uint256 seed, EpochLeaf memory leaf) private pure {
        if (_pick(seed, "short of", 2) == 0) leaf.earned /= 2;
        else leaf.count /= 2;
    }

    function _notePost(EpochRoot memory signed, uint256 signer, EpochLeaf[] memory leaves) private {
        Root storage root = roots.push();
        (root.root, root.epoch, root.total, root.signer) = (signed.root, signed.epoch, signed.total, signer);
        root.finalAt = block.timestamp + _values().windowSeconds;
        for (uint256 i = 0; i < leaves.length; i++) root.leaves.push(leaves[i]);
        pendingAt = roots.length;
        lastPosted = signed.epoch;
    }

    function _makeRoot(How how, EpochLeaf[] memory leaves, uint128 floor, uint32 since)
        private
        view
        returns (EpochRoot memory signed)
    {
        signed.epoch = _epochNow() - 1;
        if (how == How.Again) signed.epoch = lastPosted;
        if (how == How.NotOver) signed.epoch += 1;
        uint256 sum = 0;
        for (uint256 i = 0; i < leaves.length; i++) sum += _payable(leaves[i]);
        uint256 limit = _limit(signed.epoch, floor, since);
        if (how == How.Underfunded) sum = floor + (sum > floor ? (sum - floor) / 2 : 0);
        if (sum < floor) sum = floor;
        if (sum > limit || how == How.AtCap) sum = limit;
        if (how == How.OverCap) sum = limit + 1;
        if (how == How.Falling && floor > 0) sum = floor - 1;
        signed.total = uint128(sum);
        signed.root = _rootOf(leaves);
        signed.fileHash = sha256(abi.encode(leaves));
    }

    function _limit(uint32 epoch, uint128 floor, uint32 since) private view returns (uint256) {
        uint256 epochs = epoch > since ? epoch - since : 0;
        return floor + (epochs > 30 ? 30 : epochs) * _values().capUnits;
    }

    /// Of all nodes; of one that is left out the leaf that it had before.
    function _leaves(uint256 omitted) private view returns (EpochLeaf[] memory leaves) {
        leaves = new EpochLeaf[](NODES);
        for (uint256 i = 0; i < NODES; i++) {
            if (i != omitted) leaves[i] = _leafOf(i);
            else if (lastAt != 0) leaves[i] = roots[lastAt - 1].leaves[i];
            else leaves[i].node = addresses[i];
        }
    }

    function _leafOf(uint256 node) private view returns (EpochLeaf memory) {
        Node storage of_ = nodes[node];
        uint256 count = acceptances[node].length;
        return EpochLeaf({
            node: addresses[node],
            wallet: of_.wallet,
            earned: of_.earned,
            withheld: of_.withheld,
            bonus: of_.bonus,
            count: uint64(count),
            acceptancesRoot: count == 0 ? bytes32(0) : _acceptanceDigest(acceptances[node][count - 1]),
            spent: of_.spent
        });
    }

    function finalise(uint256 seed) external {
        if (pendingAt != 0 && _pick(seed, "wait", 4) != 0) _waitFor(roots[pendingAt - 1].finalAt);
        _finalise();
    }

    function _finalise() internal {
        bool should = !_isPaused() && _isDue();
        (bool ok, bytes memory told) = _send(STRANGER, address(payouts), abi.encodeCall(payouts.finalise, ()));
        _judge("final: by whoever asks", ok, told, should);
        if (ok) _noteFinal();
    }

    // Claims.

    /// A root to claim by, mostly one that pays. Its place in `roots`, from 1 on.
    function _drawRoot(uint256 seed) private view returns (uint256) {
        uint256 which = _pick(seed, "which", 8);
        if (which < 3 && lastAt != 0) return lastAt;
        if (which < 6 && beforeLastAt != 0) return beforeLastAt;
        if (which < 7 && pendingAt != 0) return pendingAt;
        return roots.length == 0 ? 0 : 1 + _pick(seed, "root", roots.length);
    }

    struct Draw {
        uint256 place;
        uint256 node;
        EpochLeaf leaf;
        bytes32[] way;
    }

    function _draw(uint256 seed) private view returns (Draw memory drawn) {
        drawn.place = _drawRoot(seed);
        drawn.node = _pick(seed, "node", NODES);
        if (drawn.place == 0) return drawn;
        EpochLeaf[] memory leaves = roots[drawn.place - 1].leaves;
        (drawn.leaf, drawn.way) = (leaves[drawn.node], _wayTo(leaves, drawn.node));
    }

    function claim(uint256 seed) external {
        Draw memory drawn = _draw(seed);
        if (drawn.place == 0) return;
        bool isTrue = _pick(seed, "true", 8) != 0;
        if (!isTrue) drawn.leaf.earned += 1;
        (uint256 units, bool isFunded) = _dueOf(drawn.node, drawn.leaf);
        address wallet = _payeeOf(drawn.node, drawn.leaf);
        bool should = isTrue && _isFinalRoot(roots[drawn.place - 1].root) && !_isPaused() && wallet != address(0);
        should = should && units > 0 && isFunded;
        uint256 before = token.balanceOf(wallet);
        bytes memory data = abi.encodeCall(payouts.claim, (drawn.leaf, drawn.way));
        (bool ok, bytes memory told) = _send(STRANGER, address(payouts), data);
        string memory which = drawn.place == lastAt ? "last root" : drawn.place == beforeLastAt ? "the one before" : "other";
        _judge(string.concat("claim: ", which), ok, told, should);
        if (!ok) return;
        _check(token.balanceOf(wallet) == before + units * UNIT, "a claim paid another amount or wallet");
        _notePaid(drawn.node, units);
    }

    function claimMany(uint256 seed) external {
        uint256 place = _drawRoot(seed);
        if (place == 0) return;
        EpochLeaf[] memory leaves = roots[place - 1].leaves;
        EpochLeaf[] memory asked = new EpochLeaf[](3);
        bytes32[][] memory ways = new bytes32[][](3);
        uint256 sum = 0;
        uint256[] memory units = new uint256[](3);
        for (uint256 i = 0; i < 3; i++) {
            // The same one twice now and then.
            uint256 node = _pick(seed ^ i, "node", NODES);
            (asked[i], ways[i]) = (leaves[node], _wayTo(leaves, node));
            bool isDouble = (i > 0 && asked[0].node == asked[i].node) || (i > 1 && asked[1].node == asked[i].node);
            if (!isDouble && _payeeOf(node, leaves[node]) != address(0)) (units[i],) = _dueOf(node, leaves[node]);
            sum += units[i];
        }
        bool should = _isFinalRoot(roots[place - 1].root) && !_isPaused();
        should = should && sum * UNIT <= token.balanceOf(address(payouts));
        (bool ok, bytes memory told) =
            _send(STRANGER, address(payouts), abi.encodeCall(payouts.claimMany, (asked, ways)));
        _judge("claimMany", ok, told, should);
        for (uint256 i = 0; ok && i < 3; i++) _notePaid(_pick(seed ^ i, "node", NODES), units[i]);
    }

    function claimToCredit(uint256 seed) external {
        Draw memory drawn = _draw(seed);
        if (drawn.place == 0) return;
        (uint256 units, bool isFunded) = _dueOf(drawn.node, drawn.leaf);
        address wallet = _payeeOf(drawn.node, drawn.leaf);
        address sender = _pick(seed, "own", 4) == 0 || wallet == address(0) ? STRANGER : wallet;
        bytes32 account = _pick(seed, "account", 8) == 0 ? bytes32(0) : bytes32(uint256(0xacc));
        bool should = _isFinalRoot(roots[drawn.place - 1].root) && !_isPaused() && sender == wallet;
        should = should && account != bytes32(0) && units > 0 && isFunded;
        bytes memory data = abi.encodeCall(payouts.claimToCredit, (drawn.leaf, drawn.way, account));
        (bool ok, bytes memory told) = _send(sender, address(payouts), data);
        _judge("claimToCredit", ok, told, should);
        if (!ok) return;
        _notePaid(drawn.node, units);
        burned += units * UNIT;
        boughtTimes += 1;
    }

    function _dueOf(uint256 node, EpochLeaf memory leaf) private view returns (uint256 units, bool isFunded) {
        uint256 all = _payable(leaf);
        units = all > nodes[node].claimed ? all - nodes[node].claimed : 0;
        isFunded = units * UNIT <= token.balanceOf(address(payouts));
    }

    function _notePaid(uint256 node, uint256 units) private {
        nodes[node].claimed += units;
        paidUnits += units;
    }

    function bindWallet(uint256 seed) external {
        uint256 node = _pick(seed, "node", NODES);
        address wallet = _pick(seed, "none", 8) == 0 ? address(0) : owners[_pick(seed, "wallet", OWNERS)];
        uint256 by = _pick(seed, "by", 4) == 0 ? (node + 1) % NODES : node;
        bytes memory signature = _binding(node, wallet, by);
        bool should = nodes[node].bound == address(0) && wallet != address(0) && by == node;
        (bool ok, bytes memory told) =
            _send(STRANGER, address(payouts), abi.encodeCall(payouts.bindWallet, (addresses[node], wallet, signature)));
        _judge("bindWallet", ok, told, should);
        if (ok) nodes[node].bound = wallet;
    }

    function changeWallet(uint256 seed) external {
        uint256 node = _pick(seed, "node", NODES);
        address bound = nodes[node].bound;
        address sender = _pick(seed, "own", 3) == 0 || bound == address(0) ? STRANGER : bound;
        address wallet = owners[_pick(seed, "wallet", OWNERS)];
        (bool ok, bytes memory told) =
            _send(sender, address(payouts), abi.encodeCall(payouts.changeWallet, (addresses[node], wallet)));
        _judge("changeWallet", ok, told, sender == bound);
        if (ok) nodes[node].bound = wallet;
    }

    /// One acceptance, its leaf and its root: told to be paid for only where all three belong together.
    function askWhetherPaid(uint256 seed) external {
        Draw memory drawn = _draw(seed);
        uint256 known = acceptances[drawn.node].length;
        if (drawn.place == 0 || known == 0) return;
        uint256 count = drawn.leaf.count;
        uint256 which = _pick(seed, "any", 3) == 0 || count == 0 ? 1 + _pick(seed, "job", known) : count;
        Acceptance memory asked = acceptances[drawn.node][which - 1];
        bool should = which <= count && _acceptanceDigest(asked) == drawn.leaf.acceptancesRoot;
        should = should && _isFinalRoot(roots[drawn.place - 1].root);
        bytes memory data =
            abi.encodeCall(payouts.isPaidFor, (asked, new bytes32[](0), drawn.leaf, drawn.way));
        (bool ok, bytes memory told) = _send(STRANGER, address(payouts), data);
        _judge("isPaidFor", ok, told, should);
    }

    function _topUp(uint256 key) internal virtual;

    function _lower(uint256 key) internal virtual;
}

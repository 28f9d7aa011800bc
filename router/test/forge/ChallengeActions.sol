// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// Challenges of what a root leaves out, their answers, and silence.

import {Acceptance, ACCEPTANCES, EpochLeaf, Proof} from "../../../schema/contracts/Messages.sol";
import {BondActions} from "./BondActions.sol";

abstract contract ChallengeActions is BondActions {
    function challenge(uint256 seed) external {
        uint256 node = _pick(seed, "node", NODES);
        uint256 count = acceptances[node].length;
        if (count == 0) return;
        uint256 router = ROUTER + _pick(seed, "router", 2);
        bool isUnder = _pick(seed, "of another seal", 8) != 0;
        _challenge(seed, node, _pick(seed, "which", count), router, isUnder);
    }

    function _challenge(uint256 seed, uint256 node, uint256 which, uint256 router, bool isRight)
        internal
        returns (bool ok)
    {
        Acceptance memory shown = acceptances[node][which];
        bytes32 digest = _acceptanceDigest(shown);
        address sender = owners[_pick(seed, "sender", OWNERS)];
        uint32 epoch = pendingAt == 0 ? 0 : roots[pendingAt - 1].epoch;
        bool should = pendingAt != 0 && isRight && shown.epoch <= epoch && _mayRoute(router, shown.epoch);
        should = should && (_isPaused() || block.timestamp < roots[pendingAt - 1].finalAt);
        should = should && !wasChallenged[digest][epoch];
        should = should && token.balanceOf(sender) >= DEPOSIT;
        bytes memory told = _proofOf(seed, router, shown, isRight);
        (ok, told) = _send(sender, address(payouts), told);
        _judge("challenge", ok, told, should);
        if (!ok) return false;
        wasChallenged[digest][epoch] = true;
        Open storage open = opens.push();
        (open.id, open.challenger, open.epoch) = (abi.decode(told, (bytes32)), sender, epoch);
        (open.node, open.count, open.total) = (node, shown.count, shown.cumulativeAmount);
        (open.deadline, open.isOpen) = (block.timestamp + _values().windowSeconds / 4, true);
    }

    /// The call of a challenge; one that is not right has its acceptance under another's seal.
    function _proofOf(uint256 seed, uint256 router, Acceptance memory shown, bool isRight)
        private
        view
        returns (bytes memory)
    {
        bytes32 digest = _acceptanceDigest(shown);
        Proof memory proof = isRight
            ? _prove(seed, "proof", router, digest, ACCEPTANCES, shown.node)
            : _sealed(keys[router], digest, ACCEPTANCES, STRANGER);
        return abi.encodeCall(payouts.challenge, (shown, proof));
    }

    function answer(uint256 seed) external {
        uint256 place = _drawOpen(seed);
        if (place == 0) return;
        _answer(seed, place);
    }

    function _answer(uint256 seed, uint256 place) private {
        Open storage asked = opens[place - 1];
        uint256 from = pendingAt != 0 && _pick(seed, "pending", 8) != 0 ? pendingAt : 1 + _pick(seed, "root", roots.length);
        uint256 node = _pick(seed, "right", 4) != 0 ? asked.node : _richest();
        EpochLeaf[] memory leaves = roots[from - 1].leaves;
        bytes32[] memory way = _wayTo(leaves, node);
        EpochLeaf memory leaf = leaves[node];
        bool should = asked.isOpen && pendingAt != 0 && node == asked.node;
        should = should && asked.epoch == roots[pendingAt - 1].epoch && roots[from - 1].root == roots[pendingAt - 1].root;
        should = should && leaf.count >= asked.count && leaf.earned >= asked.total;
        uint256 before = token.balanceOf(STRANGER);
        (bool ok, bytes memory told) =
            _send(STRANGER, address(payouts), abi.encodeCall(payouts.answer, (asked.id, leaf, way)));
        _judge("answer", ok, told, should);
        if (!ok) return;
        asked.isOpen = false;
        _check(token.balanceOf(STRANGER) == before + DEPOSIT, "an answer was given no deposit");
    }

    /// Work, a root that holds it, and the end of its window: the way of all days.
    function settle(uint256 seed) external {
        _earn(_pick(seed, "one", NODES), 1 + _pick(seed, "units", 5e7));
        _earn(_pick(seed, "other", NODES), 1 + _pick(seed, "more", 5e7));
        if (pendingAt != 0) _waitFor(roots[pendingAt - 1].finalAt);
        _nextEpoch(seed);
        if (!_post(seed, How.Honest, 0)) return;
        // A second too early, and in time.
        _waitFor(roots[pendingAt - 1].finalAt - 1);
        _finalise();
        _waitFor(roots[pendingAt - 1].finalAt);
        _finalise();
    }

    /// A challenge of an honest root, which its leaf answers.
    function challengeTheHonest(uint256 seed) external {
        uint256 node = _pick(seed, "node", NODES);
        _earn(node, 1 + _pick(seed, "units", 5e7));
        if (pendingAt != 0) _waitFor(roots[pendingAt - 1].finalAt);
        _nextEpoch(seed);
        if (!_post(seed, How.Honest, 0)) return;
        uint256 which = _pick(seed, "which", acceptances[node].length);
        if (!_challenge(seed, node, which, _named(), true)) return;
        // The same again, and work that this root cannot know of.
        _challenge(seed, node, which, _named(), true);
        _earn(node, 1);
        _challenge(seed, node, acceptances[node].length - 1, _named(), true);
        uint256 place = opens.length;
        if (_pick(seed, "late", 3) == 0) _waitFor(opens[place - 1].deadline);
        _answer(seed, place);
    }

    /// A router key that may sign now, where there is one.
    function _named() internal view returns (uint256) {
        return _mayRoute(ROUTER, _epochNow()) ? ROUTER : ROUTER + 1;
    }

    /// The node whose leaf would answer for any other, were it not another's.
    function _richest() private view returns (uint256 node) {
        for (uint256 i = 1; i < NODES; i++) if (nodes[i].earned > nodes[node].earned) node = i;
    }

    function enforce(uint256 seed) external {
        uint256 place = _drawOpen(seed);
        if (place == 0) return;
        if (_pick(seed, "wait", 2) == 0) _waitFor(opens[place - 1].deadline);
        _enforce(place);
    }

    function _enforce(uint256 place) private {
        Open storage asked = opens[place - 1];
        bool isPending = pendingAt != 0 && roots[pendingAt - 1].epoch == asked.epoch;
        bool should = !_isPaused() && asked.isOpen && (!isPending || block.timestamp >= asked.deadline);
        uint256 before = token.balanceOf(asked.challenger);
        (bool ok, bytes memory told) =
            _send(STRANGER, address(payouts), abi.encodeCall(payouts.enforce, (asked.id)));
        _judge(isPending ? "enforce: void" : "enforce: deposit alone", ok, told, should);
        if (!ok) return;
        asked.isOpen = false;
        uint256 reward = 0;
        if (isPending) {
            uint256 signer = roots[pendingAt - 1].signer;
            pendingAt = 0;
            bytes32 fault_ = keccak256(abi.encode("omission", signer, asked.epoch));
            if (_standing(signer) > 0) reward = _noteSlash(signer, fault_);
        }
        _check(token.balanceOf(asked.challenger) == before + DEPOSIT + reward, "a challenger was given another amount");
    }

    /// A root that leaves out what was accepted for a node; it is challenged, its leaf is no answer, and it is void after silence or never final.
    function leaveOut(uint256 seed) external {
        uint256 node = _pick(seed, "node", NODES);
        _earn(node, 1 + _pick(seed, "units", 5e7));
        if (pendingAt != 0) _waitFor(roots[pendingAt - 1].finalAt);
        _nextEpoch(seed);
        if (!_post(seed, _pick(seed, "how", 2) == 0 ? How.Short : How.Omitting, node)) return;
        if (!_challenge(seed, node, acceptances[node].length - 1, _named(), true)) return;
        uint256 place = opens.length;
        _answer(seed, place);
        if (_pick(seed, "more", 2) == 0) _challenge(seed, node, _pick(seed, "which", acceptances[node].length), _named(), true);
        if (_pick(seed, "window", 3) == 0) {
            _waitFor(roots[pendingAt - 1].finalAt);
            _finalise();
        }
        // Too early, mostly.
        if (_pick(seed, "hasty", 3) == 0) _enforce(place);
        if (_pick(seed, "silence", 3) == 0 || pendingAt == 0) return;
        _waitFor(opens[place - 1].deadline);
        _enforce(place);
        _judge("a left out node's root is void", true, "", pendingAt == 0 || _isPaused());
    }

    /// Mostly one that is open. Its place, from 1 on.
    function _drawOpen(uint256 seed) private view returns (uint256) {
        if (opens.length == 0) return 0;
        uint256 place = _pick(seed, "open", opens.length);
        if (_pick(seed, "any", 4) == 0) return place + 1;
        for (uint256 i = 0; i < opens.length && !opens[place].isOpen; i++) place = (place + 1) % opens.length;
        return place + 1;
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// What the vote and the guardian may do, and what nobody else may; tokens that are sent about. The timelock is an address here: the vote itself is
// OpenZeppelin's, and router/test/contract-rules.test.ts holds it.

import {Values} from "./Doors.sol";
import {ChallengeActions} from "./ChallengeActions.sol";

abstract contract VoteActions is ChallengeActions {
    function setValues(uint256 seed) external {
        Values memory set = Values({
            feeBps: uint16(_pick(seed, "fee", 2001)),
            slashBps: uint16(100 + _pick(seed, "slash", 9901)),
            reporterBps: uint16(_pick(seed, "reporter", 5001)),
            bonusBps: uint16(_pick(seed, "bonus", 10_001)),
            unbondSeconds: uint32((7 + _pick(seed, "unbond", 8)) * EPOCH),
            windowSeconds: uint32(EPOCH / 2 + _pick(seed, "window", EPOCH * 5 / 12 + 1)),
            capUnits: uint64(1e8 + _pick(seed, "cap", 1e10)),
            rootBondUnits: uint64(_pick(seed, "bond", 2e8))
        });
        uint32 from = _epochNow() + uint32(_pick(seed, "from", 6));
        _setValues(_breakBound(set, _pick(seed, "bound", BOUNDS)), from, false);
        _setValues(set, from, true);
    }

    function _setValues(Values memory set, uint32 from, bool isWithin) private {
        (bool ok, bytes memory told) = _send(TIMELOCK, address(rules), abi.encodeCall(rules.setValues, (set, from)));
        _judge(isWithin ? "setValues" : "setValues out of bounds", ok, told, isWithin && from > _epochNow());
        if (!ok) return;
        if (nextFromEpoch != 0 && _epochNow() >= nextFromEpoch) valuesNow = valuesNext;
        (valuesNext, nextFromEpoch) = (set, from);
    }

    function nameRootKey(uint256 seed) external {
        // Mostly back to the first, so that posts go on.
        uint256 key = ROOT + (_pick(seed, "key", 3) == 0 ? 1 : 0);
        (bool ok, bytes memory told) =
            _send(TIMELOCK, address(rules), abi.encodeCall(rules.nameRootKey, (addresses[key])));
        _judge("nameRootKey", ok, told, true);
        if (ok) rootKey = key;
    }

    function nameRouterKey(uint256 seed) external {
        uint256 which = _pick(seed, "key", 2);
        uint32 from = which == 0 ? 0 : _epochNow() - uint32(_pick(seed, "from", 3));
        uint32 to = _pick(seed, "ends", 4) == 0 ? _epochNow() - uint32(_pick(seed, "to", 4)) : type(uint32).max;
        bytes memory data = abi.encodeCall(rules.nameRouterKey, (addresses[ROUTER + which], from, to));
        (bool ok, bytes memory told) = _send(TIMELOCK, address(rules), data);
        _judge("nameRouterKey", ok, told, to >= from);
        if (ok) routerEpochs[which] = [from, to];
    }

    function voidPending(uint256 seed) external {
        // Seldom, so that roots become final.
        if (_pick(seed, "seldom", 3) != 0) return;
        (bool ok, bytes memory told) = _send(TIMELOCK, address(payouts), abi.encodeCall(payouts.voidPending, ()));
        _judge("voidPending", ok, told, pendingAt != 0);
        if (ok) pendingAt = 0;
    }

    function pause(uint256 seed) external {
        uint256 time = _pick(seed, "long", 12) == 0 ? 14 days + _pick(seed, "more", 2) : 1 + _pick(seed, "time", EPOCH);
        if (_pick(seed, "wait", 3) == 0) _waitFor(nextPauseFrom);
        _pause(_pick(seed, "own", 8) == 0 ? STRANGER : guardian, time);
    }

    function _pause(address sender, uint256 time) private {
        bool should = sender == guardian && mayPause && time <= 14 days && block.timestamp >= nextPauseFrom;
        (bool ok, bytes memory told) = _send(sender, address(rules), abi.encodeCall(rules.pause, (time)));
        _judge("pause", ok, told, should);
        if (!ok) return;
        mayPause = false;
        pausedUntil = block.timestamp + time;
        nextPauseFrom = pausedUntil + 14 days;
    }

    /// A root that leaves somebody out, found late: the guardian pauses, and it is challenged after its window.
    function challengeInPause(uint256 seed) external {
        _nameGuardian(GUARDIAN);
        _waitFor(nextPauseFrom);
        uint256 node = _pick(seed, "node", NODES);
        _earn(node, 1 + _pick(seed, "units", 5e7));
        if (pendingAt != 0) _waitFor(roots[pendingAt - 1].finalAt);
        _nextEpoch(seed);
        if (!_post(seed, How.Omitting, node)) return;
        _waitFor(roots[pendingAt - 1].finalAt);
        _pause(guardian, 14 days + 1);
        _pause(guardian, 1 + _pick(seed, "time", EPOCH));
        _challenge(seed, node, acceptances[node].length - 1, _named(), true);
        if (_pick(seed, "on", 4) == 0) return;
        _resume(guardian);
        _nameGuardian(GUARDIAN);
        _pause(guardian, 1);
    }

    function resume(uint256 seed) external {
        _resume(_pick(seed, "who", 2) == 0 ? TIMELOCK : guardian);
    }

    function _resume(address sender) private {
        (bool ok, bytes memory told) = _send(sender, address(rules), abi.encodeCall(rules.resume, ()));
        _judge("resume", ok, told, true);
        if (ok) pausedUntil = 0;
    }

    function nameGuardian(uint256 seed) external {
        _nameGuardian(_pick(seed, "who", 2) == 0 ? GUARDIAN : address(0x6b));
    }

    function _nameGuardian(address who) private {
        (bool ok, bytes memory told) = _send(TIMELOCK, address(rules), abi.encodeCall(rules.nameGuardian, (who)));
        _judge("nameGuardian", ok, told, true);
        if (ok) (guardian, mayPause) = (who, true);
    }

    /// What only one may do, tried by others; among them those who hold another right.
    function trespass(uint256 seed) external {
        address sender = [STRANGER, owners[0], guardian, addresses[ROOT], address(bonds)][_pick(seed, "who", 5)];
        bytes[13] memory calls = [
            abi.encodeCall(token.mint, (sender, 1)),
            abi.encodeCall(bonds.giveDeposit, (sender, 1)),
            abi.encodeCall(bonds.slashForOmission, (addresses[ROOT], sender, 7)),
            abi.encodeCall(credits.book, (bytes32(uint256(1)), sender, 1)),
            abi.encodeCall(payouts.voidPending, ()),
            abi.encodeCall(rules.setValues, (_startValues(), _epochNow() + 1)),
            abi.encodeCall(rules.nameGuardian, (sender)),
            abi.encodeCall(rules.nameRootKey, (addresses[ROOT])),
            abi.encodeCall(rules.nameRouterKey, (addresses[ROUTER], 0, 0)),
            abi.encodeCall(bonds.unbond, (addresses[ROOT], 0)),
            abi.encodeCall(bonds.withdraw, (addresses[NODES + 3])),
            abi.encodeCall(payouts.changeWallet, (address(0xdead), sender)),
            abi.encodeCall(bonds.bond, (addresses[0], 0, ""))
        ];
        address[13] memory place = [
            address(token), address(bonds), address(bonds), address(credits), address(payouts), address(rules), address(rules),
            address(rules), address(rules), address(bonds), address(bonds), address(payouts), address(bonds)
        ];
        uint256 which = _pick(seed, "what", 13);
        // An owner may take out what is his.
        if (which == 10 && sender == owners[0]) sender = STRANGER;
        (bool ok, bytes memory told) = _send(sender, place[which], calls[which]);
        _judge("trespass", ok, told, false);
    }

    function buyCredit(uint256 seed) external {
        address buyer = owners[_pick(seed, "buyer", OWNERS)];
        uint256 units = _pick(seed, "none", 8) == 0 ? 0 : 1 + _pick(seed, "units", 1e6);
        bytes32 account = _pick(seed, "account", 8) == 0 ? bytes32(0) : bytes32(uint256(0xacc));
        bool should = units > 0 && account != bytes32(0) && token.balanceOf(buyer) >= units * UNIT;
        (bool ok, bytes memory told) = _send(buyer, address(credits), abi.encodeCall(credits.buy, (account, units)));
        _judge("buyCredit", ok, told, should);
        if (!ok) return;
        burned += units * UNIT;
        boughtTimes += 1;
    }

    /// Tokens that come by themselves belong to nobody's books.
    function give(uint256 seed) external {
        address giver = owners[_pick(seed, "giver", OWNERS)];
        uint256 amount = _pick(seed, "amount", 1e18);
        if (token.balanceOf(giver) < amount) return;
        bool toBonds = _pick(seed, "to", 2) == 0;
        address to = toBonds ? address(bonds) : address(payouts);
        (bool ok, bytes memory told) = _send(giver, address(token), abi.encodeCall(token.transfer, (to, amount)));
        _judge("give", ok, told, true);
        if (toBonds) givenToBonds += amount;
        else givenToPayouts += amount;
    }
}

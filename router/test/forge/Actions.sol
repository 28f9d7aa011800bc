// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// All that anybody can do, drawn by forge; and what must be true after each of them.

import {Bond, Final, Pending, Values} from "./Doors.sol";
import {VoteActions} from "./VoteActions.sol";

contract Actions is VoteActions {
    constructor() {
        for (uint256 i = 0; i < OWNERS; i++) {
            token.transfer(owners[i], AT_START / 4);
            _send(owners[i], address(token), abi.encodeCall(token.approve, (address(bonds), type(uint256).max)));
            _send(owners[i], address(token), abi.encodeCall(token.approve, (address(payouts), type(uint256).max)));
            _send(owners[i], address(token), abi.encodeCall(token.approve, (address(credits), type(uint256).max)));
        }
        for (uint256 key = ROOT; key < keys.length; key++) _topUp(key);
    }

    function selectors() external pure returns (bytes4[] memory list) {
        bytes4[31] memory all = [
            this.pass.selector, this.earn.selector, this.earn.selector, this.post.selector, this.post.selector,
            this.finalise.selector, this.claim.selector, this.claim.selector, this.claimMany.selector,
            this.claimToCredit.selector, this.bindWallet.selector, this.changeWallet.selector,
            this.askWhetherPaid.selector, this.challenge.selector, this.answer.selector, this.enforce.selector,
            this.leaveOut.selector, this.bond.selector, this.unbond.selector, this.withdraw.selector,
            this.delegate.selector, this.proveReceipts.selector, this.proveAcceptances.selector,
            this.proveRoots.selector, this.accuseTheHonest.selector, this.setValues.selector, this.buyCredit.selector,
            this.give.selector, this.settle.selector, this.settle.selector, this.challengeTheHonest.selector
        ];
        bytes4[8] memory more = [
            this.nameRootKey.selector, this.nameRouterKey.selector, this.voidPending.selector, this.pause.selector,
            this.resume.selector, this.nameGuardian.selector, this.trespass.selector,
            this.challengeInPause.selector
        ];
        list = new bytes4[](all.length + more.length);
        for (uint256 i = 0; i < list.length; i++) list[i] = i < all.length ? all[i] : more[i - all.length];
    }

    /// What is not as it must be, or nothing.
    function judge() external returns (string memory) {
        if (bytes(fault).length == 0) {
            _checkRoots();
            _checkTokens();
            _checkBonds();
            _checkRules();
        }
        return fault;
    }

    function _checkRoots() private {
        (Pending memory pending, Final memory last, Final memory beforeLast, uint32 posted) = payouts.state();
        _check(posted == lastPosted, "another epoch was posted last");
        _check(pending.root == (pendingAt == 0 ? bytes32(0) : roots[pendingAt - 1].root), "another root waits");
        _check(pending.open == _openOnes(), "another number of challenges is open");
        _check(last.root == (lastAt == 0 ? bytes32(0) : roots[lastAt - 1].root), "another root is final");
        _check(last.epoch == lastEpoch && last.total == _lastTotal(), "another epoch or total is final");
        _check(
            beforeLast.root == (beforeLastAt == 0 ? bytes32(0) : roots[beforeLastAt - 1].root),
            "another root was final before"
        );
        for (uint256 i = 0; i < NODES; i++) {
            _check(payouts.claimed(addresses[i]) == nodes[i].claimed, "another amount counts as claimed");
            _check(nodes[i].claimed <= nodes[i].mostFinal, "more was paid than a final leaf came to");
            _check(payouts.walletOf(addresses[i]) == nodes[i].bound, "another wallet is bound");
        }
    }

    function _checkTokens() private {
        uint256 minted = uint256(_lastTotal()) * UNIT;
        _check(token.totalSupply() == AT_START + minted - burned, "the supply is not what was minted less what was burned");
        uint256 left = minted + givenToPayouts - paidUnits * UNIT;
        _check(token.balanceOf(address(payouts)) == left, "Payouts holds another amount");
        uint256 bonded = givenToBonds;
        for (uint256 i = 0; i < keys.length; i++) bonded += _standing(i);
        for (uint256 i = 0; i < opens.length; i++) bonded += opens[i].isOpen ? DEPOSIT : 0;
        _check(token.balanceOf(address(bonds)) == bonded, "Bonds holds another amount");
        _check(credits.bought() == boughtTimes, "credit was booked another number of times");
    }

    function _checkBonds() private {
        uint256[OWNERS] memory votes;
        for (uint256 i = 0; i < keys.length; i++) {
            Bond memory real = bonds.bondOf(addresses[i]);
            _check(keccak256(abi.encode(real)) == keccak256(abi.encode(held[i])), "another bond stands for a key");
            address to = delegateOf[held[i].owner];
            for (uint256 of_ = 0; of_ < OWNERS; of_++) if (owners[of_] == to) votes[of_] += held[i].amount;
        }
        for (uint256 of_ = 0; of_ < OWNERS; of_++) {
            _check(bonds.getVotes(owners[of_]) == votes[of_], "votes are not what is bonded and stays");
        }
    }

    function _checkRules() private {
        Values memory real = rules.values();
        _check(keccak256(abi.encode(real)) == keccak256(abi.encode(_values())), "other values count");
        _check(rules.isPaused() == _isPaused(), "a pause began or ended otherwise");
        _check(rules.rootKey() == addresses[rootKey] && rules.guardian() == guardian, "another key is named");
        for (uint256 i = ROUTER; i < keys.length; i++) {
            _check(rules.isRouterKey(addresses[i], _epochNow()) == _mayRoute(i, _epochNow()), "another router key counts");
        }
    }

    /// How often each action went through and was refused, a line each.
    function tell(string calldata path) external {
        for (uint256 i = 0; i < acts.length; i++) {
            string memory counts = string.concat(vm.toString(reached[acts[i]]), " ", vm.toString(refused[acts[i]]));
            vm.writeLine(path, string.concat(counts, " ", acts[i]));
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// What should be true, kept beside the contracts and worked out from the actions alone. Each action says whether its call must go through; the contracts
// may do neither more nor less.

import {Acceptance, EpochLeaf} from "../../../schema/contracts/Messages.sol";
import {Bond, Values} from "./Doors.sol";
import {World} from "./World.sol";

abstract contract Model is World {
    struct Node {
        address wallet;
        address bound;
        uint128 earned;
        uint128 withheld;
        uint128 bonus;
        uint128 spent;
        uint256 claimed;
        /// The most that a final leaf of it came to.
        uint256 mostFinal;
    }

    struct Root {
        bytes32 root;
        uint32 epoch;
        uint128 total;
        uint256 signer;
        uint256 finalAt;
        EpochLeaf[] leaves;
    }

    struct Open {
        bytes32 id;
        address challenger;
        uint32 epoch;
        uint256 node;
        uint64 count;
        uint128 total;
        uint256 deadline;
        bool isOpen;
    }

    Node[] internal nodes;
    mapping(uint256 node => Acceptance[]) internal acceptances;

    Root[] internal roots;
    /// Places in `roots`, from 1 on; 0 where there is none.
    uint256 internal pendingAt;
    uint256 internal lastAt;
    uint256 internal beforeLastAt;
    uint32 internal lastEpoch;
    uint32 internal lastPosted;
    Open[] internal opens;
    mapping(bytes32 acceptance => mapping(uint32 epoch => bool)) internal wasChallenged;

    Bond[] internal held;
    mapping(address owner => address) internal delegateOf;
    mapping(bytes32 fault => bool) internal isPunished;

    Values internal valuesNow;
    Values internal valuesNext;
    uint32 internal nextFromEpoch;
    uint256 internal pausedUntil;
    bool internal mayPause = true;
    uint256 internal nextPauseFrom;
    address internal guardian = GUARDIAN;
    /// Place in `keys`.
    uint256 internal rootKey = ROOT;
    uint32[2][2] internal routerEpochs;

    uint256 internal paidUnits;
    uint256 internal boughtTimes;
    uint256 internal burned;
    uint256 internal givenToPayouts;
    uint256 internal givenToBonds;

    string[] internal acts;
    mapping(string act => uint256) internal reached;
    mapping(string act => uint256) internal refused;
    /// The first thing that was not as it must be.
    string public fault;

    constructor() {
        for (uint256 i = 0; i < NODES; i++) {
            Node storage node = nodes.push();
            // The last has none until it binds one.
            if (i < OWNERS) node.wallet = owners[i];
        }
        for (uint256 i = 0; i < keys.length; i++) held.push();
        valuesNow = _startValues();
        lastEpoch = lastPosted = _epochNow() - 1;
        routerEpochs[0] = [0, type(uint32).max];
    }

    function _judge(string memory act, bool ok, bytes memory told, bool should) internal {
        if (reached[act] + refused[act] == 0) acts.push(act);
        if (ok) reached[act] += 1;
        else refused[act] += 1;
        if (ok != should) _blame(string.concat(act, ok ? " went through" : " was refused"));
        // Arithmetic that fails is a refusal that nobody thought of.
        if (!ok && bytes4(told) == 0x4e487b71) _blame(string.concat(act, " panicked"));
    }

    function _check(bool holds, string memory what) internal {
        if (!holds) _blame(what);
    }

    function _blame(string memory what) internal {
        if (bytes(fault).length == 0) fault = what;
    }

    function _values() internal view returns (Values memory) {
        return nextFromEpoch != 0 && _epochNow() >= nextFromEpoch ? valuesNext : valuesNow;
    }

    function _isPaused() internal view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    function _mayRoute(uint256 router, uint32 epoch) internal view returns (bool) {
        uint32[2] storage of_ = routerEpochs[router - ROUTER];
        return of_[1] != 0 && epoch >= of_[0] && epoch <= of_[1];
    }

    function _lastTotal() internal view returns (uint128) {
        return lastAt == 0 ? 0 : roots[lastAt - 1].total;
    }

    function _openOnes() internal view returns (uint256 count) {
        if (pendingAt == 0) return 0;
        for (uint256 i = 0; i < opens.length; i++) {
            if (opens[i].isOpen && opens[i].epoch == roots[pendingAt - 1].epoch) count += 1;
        }
    }

    function _isDue() internal view returns (bool) {
        return pendingAt != 0 && _openOnes() == 0 && block.timestamp >= roots[pendingAt - 1].finalAt;
    }

    function _noteFinal() internal {
        Root storage due = roots[pendingAt - 1];
        beforeLastAt = lastAt;
        lastAt = pendingAt;
        pendingAt = 0;
        lastEpoch = due.epoch;
        for (uint256 i = 0; i < due.leaves.length; i++) {
            uint256 units = _payable(due.leaves[i]);
            if (units > nodes[i].mostFinal) nodes[i].mostFinal = units;
        }
    }

    function _isFinalRoot(bytes32 root) internal view returns (bool) {
        return (lastAt != 0 && roots[lastAt - 1].root == root)
            || (beforeLastAt != 0 && roots[beforeLastAt - 1].root == root);
    }

    function _payeeOf(uint256 node, EpochLeaf memory leaf) internal view returns (address) {
        return nodes[node].bound != address(0) ? nodes[node].bound : leaf.wallet;
    }

    /// What a proven fault takes of a bond: amounts, votes and what is burned. False where nothing was left.
    function _noteSlash(uint256 key, bytes32 fault_) internal returns (uint256 reward) {
        isPunished[fault_] = true;
        Bond storage bond = held[key];
        Values memory set = _values();
        uint256 taken = (uint256(bond.amount) + bond.leaving) * set.slashBps / 10_000;
        reward = taken * set.reporterBps / 10_000;
        burned += taken - reward;
        uint256 first = taken < bond.amount ? taken : bond.amount;
        bond.amount -= uint96(first);
        bond.leaving -= uint96(taken - first);
        _noteEmpty(key);
    }

    function _noteEmpty(uint256 key) internal {
        Bond storage bond = held[key];
        if (bond.amount > 0 || bond.leaving > 0) return;
        (bond.owner, bond.readyAt, bond.nonce) = (address(0), 0, bond.nonce + 1);
    }

    function _standing(uint256 key) internal view returns (uint256) {
        return uint256(held[key].amount) + held[key].leaving;
    }

    function _nextEpoch(uint256 seed) internal {
        vm.warp((block.timestamp / EPOCH + 1) * EPOCH + _pick(seed, "late", 60));
    }

    function _waitFor(uint256 time) internal {
        if (time > block.timestamp) vm.warp(time);
    }
}

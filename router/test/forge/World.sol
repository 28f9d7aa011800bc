// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// The contracts on a chain of their own, everybody's keys, and messages signed by them. Hashes are made here a second time, from the words of
// Messages.sol's types alone, so that a fault in the contracts' own hashing shows.

import {
    Acceptance,
    ACCEPTANCE_TYPE,
    EPOCH_ROOT_TYPE,
    EpochLeaf,
    EpochRoot,
    NODE_BOND_TYPE,
    Proof,
    Seal,
    SEAL_TYPE,
    USAGE_RECEIPT_TYPE,
    UsageReceipt,
    WALLET_BINDING_TYPE
} from "../../../schema/contracts/Messages.sol";
import {IBonds, ICredits, IPayouts, IRules, IToken, Values, Vm} from "./Doors.sol";

abstract contract World {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant UNIT = 1e12;
    uint256 internal constant DEPOSIT = 1e18;
    uint256 internal constant EPOCH = 3600;
    uint256 internal constant AT_START = 1_000_000e18;
    uint256 internal constant NODES = 4;
    uint256 internal constant OWNERS = 3;
    uint256 internal constant BOUNDS = 12;
    address internal constant TIMELOCK = address(0x71);
    address internal constant GUARDIAN = address(0x6a);
    address internal constant STRANGER = address(0x57);
    /// Its balance says which mutant is at work.
    address internal constant SWITCH = address(0x4d75744e74);
    uint256 private constant ORDER_OF_CURVE = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    IToken internal token;
    IRules internal rules;
    IBonds internal bonds;
    ICredits internal credits;
    IPayouts internal payouts;
    /// Private keys: nodes, then two root keys, then two router keys. All of them may be bonded.
    uint256[] internal keys;
    address[] internal addresses;
    address[] internal owners;

    uint256 internal constant ROOT = NODES;
    uint256 internal constant ROUTER = NODES + 2;

    constructor() {
        for (uint256 i = 0; i < NODES + 4; i++) {
            keys.push(0x1000 + i);
            addresses.push(vm.addr(0x1000 + i));
        }
        for (uint256 i = 0; i < OWNERS; i++) owners.push(address(uint160(0x0e00 + i)));
        vm.warp(1_700_000_000);
        vm.deal(SWITCH, vm.envOr("IRORI_MUTANT", uint256(0)));
        _deploy();
    }

    function _startValues() internal pure returns (Values memory) {
        return Values(1000, 5000, 2500, 10_000, uint32(7 * EPOCH), uint32(EPOCH * 20 / 24), 1e9, 1e8);
    }

    /// By one, which shows whether the bound itself is where it must be.
    function _breakBound(Values memory within, uint256 which) internal pure returns (Values memory set) {
        set = abi.decode(abi.encode(within), (Values));
        if (which == 0) set.feeBps = 2001;
        if (which == 1) set.slashBps = 99;
        if (which == 2) set.slashBps = 10_001;
        if (which == 3) set.reporterBps = 5001;
        if (which == 4) set.bonusBps = 10_001;
        if (which == 5) set.unbondSeconds = uint32(7 * EPOCH - 1);
        if (which == 6) set.unbondSeconds = uint32(90 * EPOCH + 1);
        if (which == 7) set.windowSeconds = uint32(EPOCH / 2 - 1);
        if (which == 8) set.windowSeconds = uint32(EPOCH - EPOCH / 12 + 1);
        if (which == 9) set.capUnits = 1e12 + 1;
        if (which == 10) set.capUnits = 0;
        if (which == 11) set.rootBondUnits = 1e10 + 1;
    }

    function _deploy() private {
        string memory json = vm.readFile(vm.envString("IRORI_ARTIFACTS"));
        uint256 nonce = vm.getNonce(address(this));
        token = IToken(vm.computeCreateAddress(address(this), nonce + 1));
        address payoutsAt = vm.computeCreateAddress(address(this), nonce + 4);
        bytes memory args =
            abi.encode(TIMELOCK, EPOCH, GUARDIAN, addresses[ROOT], addresses[ROUTER], _startValues());
        rules = IRules(_create(json, ".Rules.init", args));
        _create(json, ".IroriToken.init", abi.encode(payoutsAt, address(this), AT_START));
        bonds = IBonds(_create(json, ".Bonds.init", abi.encode(token, rules, payoutsAt)));
        credits = ICredits(_create(json, ".Credits.init", abi.encode(token, payoutsAt)));
        payouts = IPayouts(_create(json, ".Payouts.init", abi.encode(token, rules, bonds, credits)));
        require(address(payouts) == payoutsAt, "payouts stand elsewhere");
    }

    function _create(string memory json, string memory key, bytes memory args) private returns (address made) {
        bytes memory init = bytes.concat(vm.parseJsonBytes(json, key), args);
        assembly {
            made := create(0, add(init, 32), mload(init))
        }
        require(made != address(0), key);
    }

    /// One of `n`, for a purpose.
    function _pick(uint256 seed, string memory purpose, uint256 n) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, purpose))) % n;
    }

    function _epochNow() internal view returns (uint32) {
        return uint32(block.timestamp / EPOCH);
    }

    // Messages.

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Irori"),
                keccak256("1"),
                block.chainid,
                address(payouts)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _receiptDigest(UsageReceipt memory receipt) internal view returns (bytes32) {
        return _digest(keccak256(abi.encode(USAGE_RECEIPT_TYPE, receipt)));
    }

    function _acceptanceDigest(Acceptance memory acceptance) internal view returns (bytes32) {
        return _digest(keccak256(abi.encode(ACCEPTANCE_TYPE, acceptance)));
    }

    function _rootDigest(EpochRoot memory root) internal view returns (bytes32) {
        return _digest(keccak256(abi.encode(EPOCH_ROOT_TYPE, root)));
    }

    function _consent(uint256 key, address owner, uint256 nonce, uint256 by) internal view returns (bytes memory) {
        return _sign(keys[by], _digest(keccak256(abi.encode(NODE_BOND_TYPE, addresses[key], owner, nonce))));
    }

    function _binding(uint256 node, address wallet, uint256 by) internal view returns (bytes memory) {
        return _sign(keys[by], _digest(keccak256(abi.encode(WALLET_BINDING_TYPE, addresses[node], wallet))));
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// The other signature of the same key over the same digest, which no end accepts.
    function _highTwin(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, bytes32(ORDER_OF_CURVE - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }

    function _plain(bytes memory signature) internal pure returns (Proof memory proof) {
        proof.signature = signature;
    }

    /// Under a seal of two messages.
    function _sealed(uint256 key, bytes32 digest, uint8 kind, address node) internal view returns (Proof memory proof) {
        proof.siblings = new bytes32[](1);
        proof.siblings[0] = keccak256(abi.encode("the other message", digest));
        proof.seal = Seal(kind, node, 1, bytes32(0), 2, _pair(digest, proof.siblings[0]), 0, 0);
        proof.signature = _sign(key, _digest(keccak256(abi.encode(SEAL_TYPE, proof.seal))));
    }

    // Trees.

    function _pair(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    function _leafHash(EpochLeaf memory leaf) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(abi.encode(leaf))));
    }

    function _payable(EpochLeaf memory leaf) internal pure returns (uint256) {
        uint256 gained = uint256(leaf.earned) + uint256(leaf.bonus);
        uint256 kept = uint256(leaf.withheld) + uint256(leaf.spent);
        return kept >= gained ? 0 : gained - kept;
    }

    /// The root of four leaves, or one leaf's way to it.
    function _rootOf(EpochLeaf[] memory leaves) internal pure returns (bytes32) {
        return _pair(
            _pair(_leafHash(leaves[0]), _leafHash(leaves[1])), _pair(_leafHash(leaves[2]), _leafHash(leaves[3]))
        );
    }

    function _wayTo(EpochLeaf[] memory leaves, uint256 node) internal pure returns (bytes32[] memory way) {
        way = new bytes32[](2);
        way[0] = _leafHash(leaves[node ^ 1]);
        uint256 far = node < 2 ? 2 : 0;
        way[1] = _pair(_leafHash(leaves[far]), _leafHash(leaves[far + 1]));
    }

    // Calls. Everything that a call needs is made before it, or `prank` would be used up by that.

    function _send(address sender, address target, bytes memory data) internal returns (bool ok, bytes memory told) {
        vm.prank(sender);
        (ok, told) = target.call(data);
    }
}

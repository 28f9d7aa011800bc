// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// The contracts as whoever calls them sees them, and forge's own door. The contracts themselves are not compiled here: what is tried out is the code of
// artifacts.json, byte for byte what a network deploys, or a mutant's.

import {Acceptance, EpochLeaf, EpochRoot, Proof, UsageReceipt} from "../../../schema/contracts/Messages.sol";

interface IToken {
    function balanceOf(address who) external view returns (uint256);
    function totalSupply() external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function approve(address spender, uint256 amount) external returns (bool);
    function mint(address to, uint256 amount) external;
}

struct Values {
    uint16 feeBps;
    uint16 slashBps;
    uint16 reporterBps;
    uint16 bonusBps;
    uint32 unbondSeconds;
    uint32 windowSeconds;
    uint64 capUnits;
    uint64 rootBondUnits;
}

interface IRules {
    function values() external view returns (Values memory);
    function guardian() external view returns (address);
    function rootKey() external view returns (address);
    function isPaused() external view returns (bool);
    function isRouterKey(address key, uint32 epoch) external view returns (bool);
    function setValues(Values calldata values_, uint32 fromEpoch) external;
    function nameGuardian(address guardian_) external;
    function nameRootKey(address key) external;
    function nameRouterKey(address key, uint32 fromEpoch, uint32 toEpoch) external;
    function pause(uint256 forSeconds) external;
    function resume() external;
}

struct Bond {
    address owner;
    uint96 amount;
    uint96 leaving;
    uint64 readyAt;
    uint64 nonce;
}

interface IBonds {
    function bondOf(address key) external view returns (Bond memory);
    function getVotes(address who) external view returns (uint256);
    function delegates(address who) external view returns (address);
    function delegate(address to) external;
    function bond(address key, uint256 amount, bytes calldata consent) external;
    function unbond(address key, uint256 amount) external;
    function withdraw(address key) external;
    function slashReceipts(
        UsageReceipt calldata one,
        Proof calldata oneProof,
        UsageReceipt calldata other,
        Proof calldata otherProof
    ) external;
    function slashAcceptances(
        Acceptance calldata one,
        Proof calldata oneProof,
        Acceptance calldata other,
        Proof calldata otherProof
    ) external;
    function slashRoots(
        EpochRoot calldata one,
        bytes calldata oneSignature,
        EpochRoot calldata other,
        bytes calldata otherSignature
    ) external;
    function slashForOmission(address key, address reporter, uint32 epoch) external;
    function giveDeposit(address to, uint256 amount) external;
}

struct Pending {
    bytes32 root;
    uint128 total;
    uint32 epoch;
    uint32 open;
    uint64 finalAt;
    address signer;
}

struct Final {
    bytes32 root;
    uint128 total;
    uint32 epoch;
}

interface IPayouts {
    function state() external view returns (Pending memory, Final memory, Final memory, uint32);
    function claimed(address node) external view returns (uint256);
    function walletOf(address node) external view returns (address);
    function post(EpochRoot calldata signed, bytes calldata signature) external;
    function finalise() external;
    function voidPending() external;
    function claim(EpochLeaf calldata leaf, bytes32[] calldata proof) external;
    function claimMany(EpochLeaf[] calldata leaves, bytes32[][] calldata proofs) external;
    function claimToCredit(EpochLeaf calldata leaf, bytes32[] calldata proof, bytes32 account) external;
    function bindWallet(address node, address wallet, bytes calldata signature) external;
    function changeWallet(address node, address wallet) external;
    function isPaidFor(
        Acceptance calldata acceptance,
        bytes32[] calldata toLeaf,
        EpochLeaf calldata leaf,
        bytes32[] calldata toRoot
    ) external view returns (uint32);
    function challenge(Acceptance calldata acceptance, Proof calldata proof) external returns (bytes32);
    function answer(bytes32 id, EpochLeaf calldata leaf, bytes32[] calldata proof) external;
    function enforce(bytes32 id) external;
}

interface ICredits {
    function bought() external view returns (uint256);
    function buy(bytes32 account, uint256 units) external;
    function book(bytes32 account, address payer, uint256 units) external;
}

/// What forge does for a test.
interface Vm {
    function warp(uint256 time) external;
    function prank(address sender) external;
    function deal(address who, uint256 balance) external;
    function assume(bool condition) external pure;
    function addr(uint256 key) external pure returns (address);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function envString(string calldata name) external view returns (string memory);
    function envOr(string calldata name, uint256 otherwise) external view returns (uint256);
    function readFile(string calldata path) external view returns (string memory);
    function writeLine(string calldata path, string calldata line) external;
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function getNonce(address who) external view returns (uint64);
    function toString(uint256 value) external pure returns (string memory);
}

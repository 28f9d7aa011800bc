// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Bonds} from "./Bonds.sol";
import {Credits} from "./Credits.sol";
import {IroriToken} from "./IroriToken.sol";
import {MessageDomain} from "./MessageDomain.sol";
import {
    Acceptance,
    ACCEPTANCES,
    EpochLeaf,
    EpochRoot,
    hashAcceptance,
    hashEpochLeaf,
    hashEpochRoot,
    hashWalletBinding,
    payableOf,
    Proof
} from "./Messages.sol";
import {Rules} from "./Rules.sol";

/// Roots of epochs, and what is paid by them. Anybody may post a root that the root key has signed, challenge it, answer, make it final, and claim for a
/// node: the tokens go to that node's wallet whoever sends. The last two final roots stay claimable, so no claim fails because a root moved.
contract Payouts is MessageDomain {
    struct Pending {
        bytes32 root;
        uint128 total;
        uint32 epoch;
        /// Challenges that nobody has answered yet: not final while there is one.
        uint32 open;
        uint64 finalAt;
        address signer;
    }

    struct Final {
        bytes32 root;
        uint128 total;
        uint32 epoch;
    }

    struct Challenge {
        address challenger;
        uint32 epoch;
        uint64 count;
        address node;
        uint64 deadline;
        uint128 total;
    }

    uint256 public constant UNIT = 1e12;
    /// Of whoever challenges: given to who answers, given back where nobody can.
    uint256 public constant DEPOSIT = 1e18;
    /// Epochs that were left out may be minted for in one root, so many at most.
    uint256 public constant MOST_EPOCHS_AT_ONCE = 30;

    IroriToken public immutable token;
    Rules public immutable rules;
    Bonds public immutable bonds;
    Credits public immutable credits;

    Pending public pending;
    Final public last;
    Final public beforeLast;
    /// The last that was posted, void or not: no epoch is posted twice.
    uint32 public lastPosted;
    /// Units that were paid of each node's leaves.
    mapping(address node => uint256) public claimed;
    /// Wallets that were bound here: they go before what a leaf says.
    mapping(address node => address) public walletOf;
    mapping(bytes32 id => Challenge) public challenges;
    mapping(bytes32 id => bool) public wasChallenged;

    event Posted(uint32 indexed epoch, bytes32 root, uint128 total, bytes32 fileHash, address signer, uint256 finalAt);
    event Finalised(uint32 indexed epoch, bytes32 root, uint256 minted);
    event Voided(uint32 indexed epoch, bytes32 root);
    event Claimed(address indexed node, address indexed wallet, uint256 units);
    event WalletBound(address indexed node, address indexed wallet);
    event Challenged(bytes32 indexed id, uint32 indexed epoch, address indexed node, address challenger, uint64 count);
    event Answered(bytes32 indexed id, address by);
    event Enforced(bytes32 indexed id, address challenger);

    error IsPaused();
    error StillPending();
    error NothingPending();
    error NotOver();
    error AlreadyPosted();
    error NotRootKey();
    error TooLittleBonded();
    error TotalFell();
    error OverCap();
    error InWindow();
    error IsChallenged();
    error WindowOver();
    error NotProven();
    error NothingToClaim();
    error NoWallet();
    error NotWallet();
    error AlreadyBound();
    error NotRouterKey();
    error NotOfEpoch();
    error AlreadyChallenged();
    error NoChallenge();
    error DoesNotAnswer();
    error MayBeAnswered();
    error NotTimelock();
    error LengthsDiffer();

    modifier whenNotPaused() {
        if (rules.isPaused()) revert IsPaused();
        _;
    }

    constructor(IroriToken token_, Rules rules_, Bonds bonds_, Credits credits_) MessageDomain(address(this)) {
        token = token_;
        rules = rules_;
        bonds = bonds_;
        credits = credits_;
        // What may be minted counts from the network's first day, not from 1970.
        uint32 epoch = uint32(rules_.currentEpoch());
        last.epoch = epoch == 0 ? 0 : epoch - 1;
        lastPosted = last.epoch;
    }

    // Roots.

    /// Makes the root before final where it is due. `signed.total` may grow by the cap for each epoch since the last final one.
    function post(EpochRoot calldata signed, bytes calldata signature) external whenNotPaused {
        if (pending.root != bytes32(0)) {
            if (!_isDue()) revert StillPending();
            _finalise();
        }
        if (signed.epoch <= lastPosted) revert AlreadyPosted();
        if (signed.epoch >= rules.currentEpoch()) revert NotOver();
        address signer = _signerOf(_digest(hashEpochRoot(signed)), signature);
        if (signer != rules.rootKey()) revert NotRootKey();
        if (signed.root == bytes32(0)) revert NotProven();
        Rules.Values memory set = rules.values();
        if (bonds.bondedOf(signer) < set.rootBondUnits * UNIT) revert TooLittleBonded();
        _checkTotal(signed, set.capUnits);
        uint64 finalAt = uint64(block.timestamp + set.windowSeconds);
        lastPosted = signed.epoch;
        pending = Pending(signed.root, signed.total, signed.epoch, 0, finalAt, signer);
        emit Posted(signed.epoch, signed.root, signed.total, signed.fileHash, signer, finalAt);
    }

    function finalise() external whenNotPaused {
        if (pending.root == bytes32(0)) revert NothingPending();
        if (pending.open > 0) revert IsChallenged();
        if (!_isDue()) revert InWindow();
        _finalise();
    }

    /// By the vote, for a root of a stolen key; never one that is final.
    function voidPending() external {
        if (msg.sender != rules.timelock()) revert NotTimelock();
        if (pending.root == bytes32(0)) revert NothingPending();
        _void();
    }

    // Claims.

    /// Pays what a leaf comes to beyond what its node was paid before.
    function claim(EpochLeaf calldata leaf, bytes32[] calldata proof) external whenNotPaused {
        _checkFinal(leaf, proof);
        address wallet = _payeeOf(leaf);
        if (wallet == address(0)) revert NoWallet();
        uint256 units = _takeUnits(leaf);
        if (units == 0) revert NothingToClaim();
        _pay(leaf.node, wallet, units);
    }

    /// As `claim` for each; those that have no wallet, or nothing to claim, are passed over, since anybody may have claimed for them meanwhile.
    function claimMany(EpochLeaf[] calldata leaves, bytes32[][] calldata proofs) external whenNotPaused {
        if (leaves.length != proofs.length) revert LengthsDiffer();
        for (uint256 i = 0; i < leaves.length; i++) {
            _checkFinal(leaves[i], proofs[i]);
            address wallet = _payeeOf(leaves[i]);
            if (wallet == address(0)) continue;
            uint256 units = _takeUnits(leaves[i]);
            if (units > 0) _pay(leaves[i].node, wallet, units);
        }
    }

    /// Burns what `claim` would pay, for API credit. Only by the wallet itself, since it decides what its tokens become.
    function claimToCredit(EpochLeaf calldata leaf, bytes32[] calldata proof, bytes32 account) external whenNotPaused {
        _checkFinal(leaf, proof);
        if (_payeeOf(leaf) != msg.sender) revert NotWallet();
        uint256 units = _takeUnits(leaf);
        if (units == 0) revert NothingToClaim();
        emit Claimed(leaf.node, msg.sender, units);
        token.burn(units * UNIT);
        credits.book(account, msg.sender, units);
    }

    /// The first wallet of a node is bound by its own key; whoever sends that. From then on it is paid whatever wallet a leaf names.
    function bindWallet(address node, address wallet, bytes calldata signature) external {
        if (walletOf[node] != address(0)) revert AlreadyBound();
        if (wallet == address(0)) revert NoWallet();
        if (_signerOf(_digest(hashWalletBinding(node, wallet)), signature) != node) revert NotProven();
        _bindWallet(node, wallet);
    }

    /// Only a bound wallet names its successor.
    function changeWallet(address node, address wallet) external {
        if (walletOf[node] != msg.sender) revert NotWallet();
        if (wallet == address(0)) revert NoWallet();
        _bindWallet(node, wallet);
    }

    /// The final epoch by whose root an acceptance is paid for: acceptance, leaf and root in one proof. Reverts where it is not.
    function isPaidFor(
        Acceptance calldata acceptance,
        bytes32[] calldata toLeaf,
        EpochLeaf calldata leaf,
        bytes32[] calldata toRoot
    ) external view returns (uint32 epoch) {
        bytes32 digest = _digest(hashAcceptance(acceptance));
        if (leaf.node != acceptance.node || leaf.count < acceptance.count) revert NotProven();
        if (MerkleProof.processProof(toLeaf, digest) != leaf.acceptancesRoot) revert NotProven();
        return _checkFinal(leaf, toRoot);
    }

    /// All that a settler must know of the roots, at one block.
    function state()
        external
        view
        returns (Pending memory pending_, Final memory last_, Final memory beforeLast_, uint32 lastPosted_)
    {
        return (pending, last, beforeLast, lastPosted);
    }

    // Omissions.

    /// Shows an acceptance, signed by a router, that the pending root seems to leave out. Only who has approved the deposit. In the window, and in a pause
    /// after it, since that is what a guardian pauses for.
    function challenge(Acceptance calldata acceptance, Proof calldata proof) external returns (bytes32 id) {
        if (pending.root == bytes32(0)) revert NothingPending();
        if (block.timestamp >= pending.finalAt && !rules.isPaused()) revert WindowOver();
        if (acceptance.epoch > pending.epoch) revert NotOfEpoch();
        bytes32 digest = _digest(hashAcceptance(acceptance));
        address signer = _proverOf(digest, ACCEPTANCES, acceptance.node, proof);
        if (!rules.isRouterKey(signer, acceptance.epoch)) revert NotRouterKey();
        id = keccak256(abi.encode(pending.epoch, digest));
        if (wasChallenged[id]) revert AlreadyChallenged();
        wasChallenged[id] = true;
        challenges[id] = Challenge({
            challenger: msg.sender,
            epoch: pending.epoch,
            count: acceptance.count,
            node: acceptance.node,
            deadline: uint64(block.timestamp + rules.values().windowSeconds / 4),
            total: acceptance.cumulativeAmount
        });
        pending.open += 1;
        emit Challenged(id, pending.epoch, acceptance.node, msg.sender, acceptance.count);
        token.transferFrom(msg.sender, address(bonds), DEPOSIT);
    }

    /// Shows the node's leaf, which holds what was said to be left out, and takes the deposit. Counts until the challenge is enforced.
    function answer(bytes32 id, EpochLeaf calldata leaf, bytes32[] calldata proof) external {
        Challenge memory open = challenges[id];
        if (open.challenger == address(0) || open.epoch != pending.epoch) revert NoChallenge();
        if (leaf.node != open.node || leaf.count < open.count || leaf.earned < open.total) revert DoesNotAnswer();
        if (MerkleProof.processProof(proof, hashEpochLeaf(leaf)) != pending.root) revert NotProven();
        delete challenges[id];
        pending.open -= 1;
        emit Answered(id, msg.sender);
        bonds.giveDeposit(msg.sender, DEPOSIT);
    }

    /// After silence: the root is void, its signer is slashed, the challenger has his deposit back. Leaves are of all time, so the next root pays all the
    /// same. Of a root that is void already only the deposit comes back.
    function enforce(bytes32 id) external whenNotPaused {
        Challenge memory open = challenges[id];
        if (open.challenger == address(0)) revert NoChallenge();
        bool isPending = pending.root != bytes32(0) && open.epoch == pending.epoch;
        if (isPending && block.timestamp < open.deadline) revert MayBeAnswered();
        delete challenges[id];
        address signer = pending.signer;
        if (isPending) _void();
        emit Enforced(id, open.challenger);
        bonds.giveDeposit(open.challenger, DEPOSIT);
        if (isPending) bonds.slashForOmission(signer, open.challenger, open.epoch);
    }

    function _checkTotal(EpochRoot calldata signed, uint256 cap) private view {
        if (signed.total < last.total) revert TotalFell();
        uint256 epochs = signed.epoch - last.epoch;
        if (epochs > MOST_EPOCHS_AT_ONCE) epochs = MOST_EPOCHS_AT_ONCE;
        if (signed.total - last.total > cap * epochs) revert OverCap();
    }

    function _isDue() private view returns (bool) {
        return pending.open == 0 && block.timestamp >= pending.finalAt;
    }

    function _finalise() private {
        Pending memory due = pending;
        uint256 minted = uint256(due.total - last.total) * UNIT;
        beforeLast = last;
        last = Final(due.root, due.total, due.epoch);
        delete pending;
        emit Finalised(due.epoch, due.root, minted);
        if (minted > 0) token.mint(address(this), minted);
    }

    function _void() private {
        emit Voided(pending.epoch, pending.root);
        delete pending;
    }

    /// The final epoch that holds the leaf. A root of zero, before there is any, holds none.
    function _checkFinal(EpochLeaf calldata leaf, bytes32[] calldata proof) private view returns (uint32) {
        bytes32 root = MerkleProof.processProof(proof, hashEpochLeaf(leaf));
        if (root == last.root) return last.epoch;
        if (root == beforeLast.root) return beforeLast.epoch;
        revert NotProven();
    }

    /// Zero where no wallet was bound and the leaf names none.
    function _payeeOf(EpochLeaf calldata leaf) private view returns (address wallet) {
        wallet = walletOf[leaf.node];
        if (wallet == address(0)) wallet = leaf.wallet;
    }

    /// Units that are due; written down as paid.
    function _takeUnits(EpochLeaf calldata leaf) private returns (uint256) {
        uint256 all = payableOf(leaf);
        uint256 before = claimed[leaf.node];
        if (all <= before) return 0;
        claimed[leaf.node] = all;
        return all - before;
    }

    function _pay(address node, address wallet, uint256 units) private {
        emit Claimed(node, wallet, units);
        token.transfer(wallet, units * UNIT);
    }

    function _bindWallet(address node, address wallet) private {
        walletOf[node] = wallet;
        emit WalletBound(node, wallet);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What the vote may change, and the bounds that it cannot leave; which keys sign; and the guardian's one pause, which ends by itself. Only the timelock
/// sets anything. Changed values count from the epoch that the vote names.
contract Rules {
    /// One slot.
    struct Values {
        /// Of what callers pay, in parts of 10,000: read by the router, from the epoch on that the change names.
        uint16 feeBps;
        /// Of a bond, for each proven fault.
        uint16 slashBps;
        /// Of what is slashed, to whoever proved it; the rest is burned. At most half, so that nobody gains by reporting himself.
        uint16 reporterBps;
        /// Of the fees really posted on a newcomer's jobs, as a bonus: never more than all of them.
        uint16 bonusBps;
        uint32 unbondSeconds;
        /// How long a posted root can be challenged before it is final.
        uint32 windowSeconds;
        /// Units that one epoch may mint at most.
        uint64 capUnits;
        /// Units that the root key must have bonded for its roots to be taken.
        uint64 rootBondUnits;
    }

    /// Epochs whose acceptances a router's key may sign.
    struct RouterKey {
        uint32 fromEpoch;
        uint32 toEpoch;
    }

    uint256 public constant MOST_FEE_BPS = 2000;
    uint256 public constant LEAST_SLASH_BPS = 100;
    uint256 public constant MOST_REPORTER_BPS = 5000;
    uint256 public constant MOST_CAP_UNITS = 1e12;
    uint256 public constant MOST_ROOT_BOND_UNITS = 1e10;
    uint256 public constant MOST_PAUSE_SECONDS = 14 days;
    /// From the end of one pause, as it was announced, to the next: time to claim what is final, whatever vote and guardian agree on.
    uint256 public constant BETWEEN_PAUSES_SECONDS = 14 days;

    address public immutable timelock;
    /// Length of an epoch. Epochs count from 1970, as schema/epoch.ts has them.
    uint256 public immutable epochSeconds;

    Values private _values;
    Values private _next;
    /// From when on `_next` counts; 0 where there is none.
    uint32 public nextFromEpoch;
    uint64 public pausedUntil;
    address public guardian;
    /// A guardian pauses once; the timelock gives the next pause by naming a guardian anew.
    bool public mayPause;
    /// No pause before that, by whichever guardian.
    uint64 public nextPauseFrom;
    address public rootKey;
    mapping(address key => RouterKey) public routerKeys;

    event ValuesSet(Values values, uint32 fromEpoch);
    event GuardianNamed(address guardian);
    event RootKeyNamed(address key);
    event RouterKeyNamed(address key, uint32 fromEpoch, uint32 toEpoch);
    event Paused(uint256 until);
    event Resumed();

    error NotTimelock();
    error NotGuardian();
    error OutOfBounds(string what);
    error PauseUsed();
    error TooSoon();

    modifier onlyTimelock() {
        if (msg.sender != timelock) revert NotTimelock();
        _;
    }

    constructor(
        address timelock_,
        uint256 epochSeconds_,
        address guardian_,
        address rootKey_,
        address routerKey,
        Values memory values_
    ) {
        if (epochSeconds_ < 60 || epochSeconds_ > 7 days) revert OutOfBounds("epochSeconds");
        timelock = timelock_;
        epochSeconds = epochSeconds_;
        _check(values_);
        _values = values_;
        emit ValuesSet(values_, 0);
        _nameGuardian(guardian_);
        _nameRootKey(rootKey_);
        _nameRouterKey(routerKey, 0, type(uint32).max);
    }

    function currentEpoch() public view returns (uint256) {
        return block.timestamp / epochSeconds;
    }

    function isPaused() external view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    /// What counts now.
    function values() external view returns (Values memory) {
        return valuesAt(currentEpoch());
    }

    /// What counts in an epoch from now on; of past ones only the present values are known.
    function valuesAt(uint256 epoch) public view returns (Values memory) {
        return nextFromEpoch != 0 && epoch >= nextFromEpoch ? _next : _values;
    }

    /// True where the key signs acceptances of that epoch.
    function isRouterKey(address key, uint32 epoch) external view returns (bool) {
        RouterKey memory named = routerKeys[key];
        return named.toEpoch != 0 && epoch >= named.fromEpoch && epoch <= named.toEpoch;
    }

    /// A change that does not count yet is replaced.
    function setValues(Values calldata values_, uint32 fromEpoch) external onlyTimelock {
        uint256 now_ = currentEpoch();
        if (fromEpoch <= now_) revert OutOfBounds("fromEpoch");
        _check(values_);
        if (nextFromEpoch != 0 && now_ >= nextFromEpoch) _values = _next;
        _next = values_;
        nextFromEpoch = fromEpoch;
        emit ValuesSet(values_, fromEpoch);
    }

    function nameGuardian(address guardian_) external onlyTimelock {
        _nameGuardian(guardian_);
    }

    /// Roots that the key before has signed and that are posted already stay.
    function nameRootKey(address key) external onlyTimelock {
        _nameRootKey(key);
    }

    /// A key that is given up keeps its past epochs, so that nothing it signed is lost. One that was stolen is given none (0, 0), for a thief dates back.
    function nameRouterKey(address key, uint32 fromEpoch, uint32 toEpoch) external onlyTimelock {
        _nameRouterKey(key, fromEpoch, toEpoch);
    }

    /// Stops posts, final roots, enforcement and claims for so long; neither challenges, answers, evidence nor withdrawals.
    function pause(uint256 forSeconds) external {
        if (msg.sender != guardian) revert NotGuardian();
        if (!mayPause) revert PauseUsed();
        if (block.timestamp < nextPauseFrom) revert TooSoon();
        if (forSeconds == 0 || forSeconds > MOST_PAUSE_SECONDS) revert OutOfBounds("pause");
        mayPause = false;
        pausedUntil = uint64(block.timestamp + forSeconds);
        nextPauseFrom = uint64(pausedUntil + BETWEEN_PAUSES_SECONDS);
        emit Paused(pausedUntil);
    }

    /// Ends a pause early.
    function resume() external {
        if (msg.sender != guardian && msg.sender != timelock) revert NotGuardian();
        pausedUntil = 0;
        emit Resumed();
    }

    function _nameGuardian(address guardian_) private {
        guardian = guardian_;
        mayPause = true;
        emit GuardianNamed(guardian_);
    }

    function _nameRootKey(address key) private {
        rootKey = key;
        emit RootKeyNamed(key);
    }

    function _nameRouterKey(address key, uint32 fromEpoch, uint32 toEpoch) private {
        if (key == address(0) || toEpoch < fromEpoch) revert OutOfBounds("routerKey");
        routerKeys[key] = RouterKey(fromEpoch, toEpoch);
        emit RouterKeyNamed(key, fromEpoch, toEpoch);
    }

    /// A window is shorter than an epoch, or a daily post would come too early by seconds; unbonding is longer than any evidence takes.
    function _check(Values memory set) private view {
        if (set.feeBps > MOST_FEE_BPS) revert OutOfBounds("feeBps");
        if (set.slashBps < LEAST_SLASH_BPS || set.slashBps > 10_000) revert OutOfBounds("slashBps");
        if (set.reporterBps > MOST_REPORTER_BPS) revert OutOfBounds("reporterBps");
        if (set.bonusBps > 10_000) revert OutOfBounds("bonusBps");
        if (set.windowSeconds < epochSeconds / 2 || set.windowSeconds > epochSeconds - epochSeconds / 12) {
            revert OutOfBounds("windowSeconds");
        }
        if (set.unbondSeconds < 7 * epochSeconds || set.unbondSeconds > 90 * epochSeconds) {
            revert OutOfBounds("unbondSeconds");
        }
        if (set.capUnits == 0 || set.capUnits > MOST_CAP_UNITS) revert OutOfBounds("capUnits");
        if (set.rootBondUnits > MOST_ROOT_BOND_UNITS) revert OutOfBounds("rootBondUnits");
    }
}

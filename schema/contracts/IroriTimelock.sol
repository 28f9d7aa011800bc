// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// What the vote has decided waits here, so that whoever disagrees can leave. The governor alone proposes and cancels, anybody executes, and nobody
/// administers: who deploys it has no right in it from the start.
contract IroriTimelock is TimelockController {
    /// No vote makes the wait shorter than it was at first.
    uint256 public immutable leastDelay;

    constructor(uint256 delay, address governor)
        TimelockController(delay, _only(governor), _only(address(0)), address(0))
    {
        leastDelay = delay;
    }

    function getMinDelay() public view override returns (uint256) {
        uint256 delay = super.getMinDelay();
        return delay > leastDelay ? delay : leastDelay;
    }

    function _only(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }
}

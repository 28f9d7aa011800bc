// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// What the vote has decided waits here, so that whoever disagrees can leave. The governor alone proposes and cancels, anybody executes, and nobody
/// administers: who deploys it has no right in it from the start. Neither the wait nor who proposes can be voted away, or a vote could end all later votes.
contract IroriTimelock is TimelockController {
    error DelayIsFixed();
    error RolesAreFixed();

    constructor(uint256 delay, address governor)
        TimelockController(delay, _only(governor), _only(address(0)), address(0))
    {}

    function updateDelay(uint256) public pure override {
        revert DelayIsFixed();
    }

    /// Only while it is deployed: there is no code at its address then.
    function _grantRole(bytes32 role, address account) internal override returns (bool) {
        if (address(this).code.length != 0) revert RolesAreFixed();
        return super._grantRole(role, account);
    }

    function _revokeRole(bytes32, address) internal pure override returns (bool) {
        revert RolesAreFixed();
    }

    function _only(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }
}

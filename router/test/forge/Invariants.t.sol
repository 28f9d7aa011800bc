// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions} from "./Actions.sol";
import {Vm} from "./Doors.sol";

contract Invariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    Actions private actions;

    function setUp() external {
        actions = new Actions();
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(actions);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(actions), actions.selectors());
    }

    /// One for all of them: a campaign costs the same however much it looks at, and the first fault says what it is.
    function invariant_whatMustBeTrue() external {
        string memory fault = actions.judge();
        require(bytes(fault).length == 0, fault);
    }

    function afterInvariant() external {
        string memory path = vm.envString("IRORI_REACHED");
        if (bytes(path).length > 0) actions.tell(path);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// A token for work, of test networks only: no value, no sale, may be reset. 18 decimals; a unit of the router's books is 1e12 of its least parts, so a
/// million units are one token. Payouts alone mints; what a network starts with (its routers must bond before anything was earned) is minted once, here.
contract IroriToken is ERC20, ERC20Burnable, ERC20Permit {
    uint256 public constant MOST_AT_START = 1_000_000e18;

    address public immutable minter;

    error NotMinter();
    error TooMuchAtStart();

    constructor(address minter_, address holder, uint256 atStart)
        ERC20("Irori test token", "tIRORI")
        ERC20Permit("Irori test token")
    {
        if (atStart > MOST_AT_START) revert TooMuchAtStart();
        minter = minter_;
        _mint(holder, atStart);
    }

    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter();
        _mint(to, amount);
    }
}

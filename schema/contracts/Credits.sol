// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IroriToken} from "./IroriToken.sol";

/// API credit for burned tokens: the router books each `CreditBought` once, when its block is final. Nothing is kept here, so nothing can be taken.
contract Credits {
    uint256 public constant UNIT = 1e12;

    IroriToken public immutable token;
    address public immutable payouts;
    uint256 public bought;

    /// `account`: whose credit, as the router has told it to the buyer; it says nothing to anybody else.
    event CreditBought(uint256 indexed id, bytes32 indexed account, address indexed payer, uint256 units);

    error NotPayouts();
    error NoAccount();
    error NoUnits();

    constructor(IroriToken token_, address payouts_) {
        token = token_;
        payouts = payouts_;
    }

    /// Burns the sender's tokens, which he has approved: `units` of the router's books.
    function buy(bytes32 account, uint256 units) external {
        _book(account, msg.sender, units);
        token.burnFrom(msg.sender, units * UNIT);
    }

    /// For what Payouts has burned of a claim.
    function book(bytes32 account, address payer, uint256 units) external {
        if (msg.sender != payouts) revert NotPayouts();
        _book(account, payer, units);
    }

    function _book(bytes32 account, address payer, uint256 units) private {
        if (account == bytes32(0)) revert NoAccount();
        if (units == 0) revert NoUnits();
        bought += 1;
        emit CreditBought(bought, account, payer, units);
    }
}

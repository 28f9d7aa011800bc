// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestPermit2} from "./TestPermit2.sol";

/// For the test chain, at the address of x402's own: settles an `upto` payment at any amount up to the signed one, for the facilitator that its payer
/// named, to the address that its payer named. Written anew by x402's specification.
contract TestUptoProxy {
    struct Witness {
        address to;
        address facilitator;
        uint256 validAfter;
    }

    TestPermit2 public constant PERMIT2 = TestPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);
    string public constant WITNESS_TYPE_STRING =
        "Witness witness)TokenPermissions(address token,uint256 amount)Witness(address to,address facilitator,uint256 validAfter)";
    bytes32 public constant WITNESS_TYPEHASH = keccak256("Witness(address to,address facilitator,uint256 validAfter)");

    event Settled();

    error InvalidAmount();
    error InvalidDestination();
    error PaymentTooEarly();
    error UnauthorizedFacilitator();
    error AmountExceedsPermitted();

    function settle(
        TestPermit2.PermitTransferFrom calldata permit,
        uint256 amount,
        address owner,
        Witness calldata witness,
        bytes calldata signature
    ) external {
        if (amount == 0) revert InvalidAmount();
        if (amount > permit.permitted.amount) revert AmountExceedsPermitted();
        if (msg.sender != witness.facilitator) revert UnauthorizedFacilitator();
        if (witness.to == address(0)) revert InvalidDestination();
        if (block.timestamp < witness.validAfter) revert PaymentTooEarly();
        bytes32 hash = keccak256(abi.encode(WITNESS_TYPEHASH, witness.to, witness.facilitator, witness.validAfter));
        TestPermit2.SignatureTransferDetails memory details = TestPermit2.SignatureTransferDetails(witness.to, amount);
        PERMIT2.permitWitnessTransferFrom(permit, details, owner, hash, WITNESS_TYPE_STRING, signature);
        emit Settled();
    }
}

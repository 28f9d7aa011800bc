// Whether a node holds the session key it speaks for: at each connection and at its enrolment. Pure; one curve operation each.
import type { Hex } from '../../schema/bytes.ts';
import { NODE_ENROL, NODE_HELLO, NODE_HELLO_1 } from '../../schema/receipt.ts';
import type { MessageSigner } from '../../schema/receipt.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { digestEnrolmentCode } from './make-enrolment-code.ts';

interface SignedHello {
  /** This connection's challenge, or the nonce of a proof. */
  readonly nonce: Hex;
  readonly address: Hex;
  readonly protocol: number;
  readonly signature: Hex;
}

/** True when `signature` over NodeHelloAt{nonce, node, protocol, origin} was made by `address`. Whether that origin is ours the caller knows. */
export function checkNodeHello(signer: MessageSigner, hello: SignedHello & { readonly origin: string }): boolean {
  const message = { nonce: hello.nonce, node: hello.address, protocol: hello.protocol, origin: hello.origin };
  const recovered = signer.recover(NODE_HELLO, message, hello.signature);
  return recovered.ok && recovered.value === hello.address;
}

/** True for the signature of an agent of version 1, which names no router and so proves nothing: it has to be updated. */
export function isOldHello(signer: MessageSigner, hello: SignedHello): boolean {
  const message = { nonce: hello.nonce, node: hello.address, protocol: hello.protocol };
  const recovered = signer.recover(NODE_HELLO_1, message, hello.signature);
  return recovered.ok && recovered.value === hello.address;
}

/** True when `signature` over NodeEnrolAt{keccak(code), node, wallet, origin} was made by `address`. */
export function checkEnrolProof(
  signer: MessageSigner,
  proof: {
    readonly code: string;
    readonly address: Hex;
    readonly wallet: Hex | null;
    readonly origin: string;
    readonly signature: Hex;
  },
): boolean {
  const { wallet, origin } = proof;
  const message = {
    code: digestEnrolmentCode(proof.code),
    node: proof.address,
    wallet: wallet ?? ZERO_ADDRESS,
    origin,
  };
  const recovered = signer.recover(NODE_ENROL, message, proof.signature);
  return recovered.ok && recovered.value === proof.address;
}

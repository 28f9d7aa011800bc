// Whether a node holds the session key it speaks for: at each connection and at its enrolment. Pure; one curve operation each.
import type { Hex } from '../../schema/bytes.ts';
import { NODE_ENROL, NODE_HELLO } from '../../schema/receipt.ts';
import type { MessageSigner } from '../../schema/receipt.ts';
import { digestEnrolmentCode } from './make-enrolment-code.ts';

/** True when `signature` over NodeHello{nonce, node, protocol} was made by `address`; `nonce` is this connection's challenge. */
export function checkNodeHello(
  signer: MessageSigner,
  hello: { readonly nonce: Hex; readonly address: Hex; readonly protocol: number; readonly signature: Hex },
): boolean {
  const message = { nonce: hello.nonce, node: hello.address, protocol: hello.protocol };
  const recovered = signer.recover(NODE_HELLO, message, hello.signature);
  return recovered.ok && recovered.value === hello.address;
}

/** True when `signature` over NodeEnrol{keccak(code), node} was made by `address`. */
export function checkEnrolProof(
  signer: MessageSigner,
  proof: { readonly code: string; readonly address: Hex; readonly signature: Hex },
): boolean {
  const message = { code: digestEnrolmentCode(proof.code), node: proof.address };
  const recovered = signer.recover(NODE_ENROL, message, proof.signature);
  return recovered.ok && recovered.value === proof.address;
}

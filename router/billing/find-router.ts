// Which of the router's keys has signed a message. Pure but for the curve.
import type { Hex } from '../../schema/bytes.ts';
import type { MessageProof, MessageSigner } from '../../schema/receipt.ts';
import type { StructType } from '../../schema/typed-data.ts';

/** `routers`: the present key's address first. That one, too, where none has signed it: whoever checks the message is to see that. */
export function findRouter(
  signer: MessageSigner,
  routers: readonly Hex[],
  { struct, message, ...proof }: MessageProof & { readonly struct: StructType; readonly message: object },
): Hex | null {
  const [present = null] = routers;
  if (routers.length === 1) return present;
  return routers.find((address) => signer.isProvenBy(struct, message, { ...proof, address })) ?? present;
}

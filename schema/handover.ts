// The router's signing key is rotated: the old key signs, once, that another goes on in its place. Such handovers are public. By them a home knows its
// router again, and whoever checks a receipt offline sees why its acceptance has another signer than its ticket.
import * as z from 'zod';
import type { Hex } from './bytes.ts';
import type { MessageSigner } from './receipt.ts';
import { word } from './typed-data.ts';
import type { StructType } from './typed-data.ts';

export const ROUTER_HANDOVER: StructType = {
  name: 'RouterHandover',
  fields: [
    ['previous', 'address'],
    ['next', 'address'],
    ['atMs', 'uint64'],
  ],
};

/** `signature`: over the rest, by `previous`, in the domain of the router. */
export const handoverSchema = z.strictObject({
  previous: word.address,
  next: word.address,
  atMs: word.uint64,
  signature: word.signature,
});
export type Handover = z.output<typeof handoverSchema>;
export type HandoverJson = z.input<typeof handoverSchema>;

/** More rotations than any router has lived through; bounds what is checked. */
export const MOST_HANDOVERS = 64;

/** Signs that `next` goes on in place of the address of `key`. */
export function signHandover(signer: MessageSigner, facts: Omit<Handover, 'signature'>, key: Uint8Array): Handover {
  return { ...facts, signature: signer.sign(ROUTER_HANDOVER, facts, key) };
}

/** As it stands in configuration, in a `welcome` and beside receipts. */
export function toHandoverJson({ previous, next, atMs, signature }: Handover): HandoverJson {
  return { previous, next, atMs: String(atMs), signature };
}

/** The addresses that have handed over to this one, at once or by others between; not itself. Handovers that nobody signed lead nowhere. */
export function listPredecessors(signer: MessageSigner, handovers: readonly Handover[], router: Hex): Hex[] {
  const found = new Set<Hex>([router]);
  // A set's walk comes to what is added meanwhile.
  for (const next of found)
    for (const one of handovers.slice(0, MOST_HANDOVERS))
      if (one.next === next && !found.has(one.previous) && isSigned(signer, one)) found.add(one.previous);
  found.delete(router);
  return [...found];
}

function isSigned(signer: MessageSigner, { signature, ...handover }: Handover): boolean {
  return signer.isSignedBy(ROUTER_HANDOVER, handover, { signature, address: handover.previous });
}

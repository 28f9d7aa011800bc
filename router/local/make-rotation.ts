// A new signing key for the router, and how the one before hands over to it. Pure but for the curve.
import { fromHex, toHex } from '../../schema/bytes.ts';
import { signHandover, toHandoverJson } from '../../schema/handover.ts';
import type { HandoverJson } from '../../schema/handover.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import type { Domain } from '../../schema/typed-data.ts';

/** As a deployment binds them: the key is a secret, what was before it is public. */
export interface RouterKeys {
  readonly ROUTER_SIGNING_KEY: string;
  /** A list of handovers in JSON. */
  readonly ROUTER_SIGNING_KEY_PREVIOUS?: string;
}

/** `privateKey`: 32 random bytes. Throws for a key that is none. */
export function makeRotation(
  keys: RouterKeys,
  { domain, privateKey, now }: { readonly domain: Domain; readonly privateKey: Uint8Array; readonly now: number },
): { ROUTER_SIGNING_KEY: string; ROUTER_SIGNING_KEY_PREVIOUS: string } {
  const oldKey = fromHex(keys.ROUTER_SIGNING_KEY);
  const facts = {
    previous: addressOfPrivateKey(oldKey),
    next: addressOfPrivateKey(privateKey),
    atMs: BigInt(now),
  };
  const before = JSON.parse(keys.ROUTER_SIGNING_KEY_PREVIOUS ?? '[]') as HandoverJson[];
  const handover = toHandoverJson(signHandover(makeMessageSigner(domain), facts, oldKey));
  return {
    ROUTER_SIGNING_KEY: toHex(privateKey),
    ROUTER_SIGNING_KEY_PREVIOUS: JSON.stringify([...before, handover]),
  };
}

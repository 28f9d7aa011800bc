// What the router asks the Worker that verifies passkeys, and what it hears: plain JSON, all that counts for the verdict in it.
import * as z from 'zod';

const kept = z.object({
  /** base64url, as the authenticator names it. */
  id: z.string().min(1).max(1400),
  /** COSE, base64url. */
  publicKey: z.string().min(1).max(4000),
  counter: z.number().int().nonnegative(),
  transports: z.array(z.string().max(40)).max(16),
});
export type PasskeyCredential = z.output<typeof kept>;

const asked = {
  /** As the browser gave it: `PublicKeyCredential.toJSON()`. */
  response: z.looseObject({ id: z.string() }),
  challenge: z.string(),
  origin: z.string(),
  rpId: z.string(),
};

export const passkeyQuestion = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('add'), ...asked }),
  z.object({ kind: z.literal('sign-in'), ...asked, credential: kept }),
]);
export type PasskeyQuestion = z.output<typeof passkeyQuestion>;

/** The credential as it is to be kept from now on; null where the answer proves nothing, with why. */
export const passkeyVerdict = z.object({ credential: kept.nullable(), reason: z.string().optional() });
export type PasskeyVerdict = z.output<typeof passkeyVerdict>;

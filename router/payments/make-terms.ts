// The terms of x402 under which a call without a key is answered. Pure.
import type { Hex } from '../../schema/bytes.ts';
import { X402_VERSION } from '../../schema/x402.ts';
import type { PaymentRequired, Requirements } from '../../schema/x402.ts';

/** What the operator takes, and where. One unit is one atomic unit of the token: it has six decimals and is worth a dollar. */
export interface X402Config {
  /** `eip155:` and the chain's number. */
  readonly network: string;
  readonly asset: Hex;
  /** The token's own name and version, which an `exact` payment signs. */
  readonly assetName: string;
  readonly assetVersion: string;
  readonly payTo: Hex;
  /** Units that may be out at once, and lost within a day, before no more calls are taken this way. */
  readonly mostOwed: number;
}

export type Scheme = 'exact' | 'upto';

/**
 * How long a payment has to stay good from when it is signed, s: a job lives an hour, its hold five minutes longer, and the rest is for a facilitator that
 * is away meanwhile.
 */
export const TIMEOUT_S = 4500;

export interface TermsInput {
  /** Units that the call costs at most. */
  readonly amount: number;
  /** Whether that is its price, whatever is used of it. */
  readonly isPriceKnown: boolean;
  /** Who settles `upto` payments; null where the facilitator does not. */
  readonly facilitator: Hex | null;
  readonly url: string;
  /** Why the call was not answered. */
  readonly told: string;
}

export function makeTerms(config: X402Config, input: TermsInput): PaymentRequired {
  const { isPriceKnown, facilitator, url, told: error } = input;
  const accepts: Requirements[] = [];
  // Clients take the first that they know: who pays for what was used pays less.
  if (facilitator !== null) accepts.push(makeRequirements(config, 'upto', input));
  if (isPriceKnown) accepts.push(makeRequirements(config, 'exact', input));
  const description = 'AI inference in a home, charged by what is used';
  return { x402Version: X402_VERSION, error, resource: { url, description, mimeType: 'application/json' }, accepts };
}

/** What a payment of a scheme has to fulfil. `amount`: units, of which `upto` may settle less. */
export function makeRequirements(
  { network, asset, assetName: name, assetVersion: version, payTo }: X402Config,
  scheme: Scheme,
  { amount, facilitator }: Pick<TermsInput, 'amount' | 'facilitator'>,
): Requirements {
  const how =
    scheme === 'upto'
      ? { assetTransferMethod: 'permit2', facilitatorAddress: facilitator }
      : { assetTransferMethod: 'eip3009' };
  const extra = { name, version, ...how };
  return { scheme, network, amount: String(amount), asset, payTo, maxTimeoutSeconds: TIMEOUT_S, extra };
}

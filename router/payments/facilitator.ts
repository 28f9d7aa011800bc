// The door to a facilitator of x402: it verifies what somebody signed, and settles it on its chain. By plain fetch.
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { settlementSchema, supportedSchema, verifySchema, X402_VERSION } from '../../schema/x402.ts';
import type { Requirements } from '../../schema/x402.ts';
import { makeLog } from '../log.ts';

const log = makeLog('payments');

const VERIFY_WAIT_MS = 10_000;
/** A transaction is waited for until it is in a block. */
const SETTLE_WAIT_MS = 60_000;
const SUPPORTED_MS = 600_000;

/** What a facilitator said of a settlement. `away` says nothing: it may have been sent, or not. */
export type Settled =
  | { readonly kind: 'settled'; readonly transaction: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'away' };

export interface Facilitator {
  /** Who settles `upto` payments; null where it does not, or cannot be asked. */
  readonly findSettler: () => Promise<Hex | null>;
  /** Errors: why a payment is none, or null where the facilitator cannot be asked. */
  readonly verify: (payment: object, requirements: Requirements) => Promise<Result<null, string | null>>;
  /** Never rejects. The amount is the requirements' own. */
  readonly settle: (payment: object, requirements: Requirements) => Promise<Settled>;
}

export function makeFacilitator({ url, network }: { readonly url: string; readonly network: string }): Facilitator {
  let known: { readonly settler: Hex | null; readonly until: number } | null = null;
  const ask = async (path: string, body: object | null, waitMs: number): Promise<unknown> => {
    const init = body === null ? {} : { method: 'POST', body: JSON.stringify({ x402Version: X402_VERSION, ...body }) };
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}${path}`, { ...init, headers, signal: AbortSignal.timeout(waitMs) });
    if (response.status >= 500) throw new Error('the facilitator failed');
    return response.json();
  };
  return {
    findSettler: async () => {
      if (known && known.until > Date.now()) return known.settler;
      try {
        const { kinds } = supportedSchema.parse(await ask('/supported', null, VERIFY_WAIT_MS));
        const kind = kinds.find((one) => one.scheme === 'upto' && one.network === network);
        known = { settler: readAddress(kind?.extra?.['facilitatorAddress']), until: Date.now() + SUPPORTED_MS };
      } catch (error) {
        log.warn('facilitator-away', { error });
        // Asked again by the next call; what it said last holds meanwhile.
      }
      return known?.settler ?? null;
    },
    verify: async (paymentPayload, paymentRequirements) => {
      try {
        const told = verifySchema.parse(await ask('/verify', { paymentPayload, paymentRequirements }, VERIFY_WAIT_MS));
        return told.isValid ? ok(null) : err(told.invalidReason ?? 'invalid');
      } catch (error) {
        log.warn('facilitator-away', { error });
        return err(null);
      }
    },
    settle: async (paymentPayload, paymentRequirements) => {
      try {
        const asked = { paymentPayload, paymentRequirements };
        const told = settlementSchema.parse(await ask('/settle', asked, SETTLE_WAIT_MS));
        if (told.success) return { kind: 'settled', transaction: told.transaction };
        return { kind: 'refused', reason: told.errorReason ?? 'refused' };
      } catch (error) {
        log.warn('facilitator-away', { error });
        return { kind: 'away' };
      }
    },
  };
}

function readAddress(said: unknown): Hex | null {
  return typeof said === 'string' && /^0x[0-9a-fA-F]{40}$/.test(said) ? (said.toLowerCase() as Hex) : null;
}

// Whether a payment is what the terms ask for, as far as it can be read without the chain: signature and funds are the facilitator's to judge. Pure.
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { isUpto, UPTO_PROXY_ADDRESS } from '../../schema/x402.ts';
import type { ExactPayload, Payment, Requirements, UptoPayload } from '../../schema/x402.ts';
import { makeRequirements, TIMEOUT_S } from './make-terms.ts';
import type { Scheme, X402Config } from './make-terms.ts';

/** A payment must still be good for so long when it comes, s: as long as its job may live, and be settled. */
const LEAST_LEFT_S = 3900;
/** And for so long at most, s: one that never comes is waited for until then, and nobody may copy the books meanwhile. */
const MOST_LEFT_S = 2 * TIMEOUT_S;

export interface JudgeInput {
  readonly config: X402Config;
  readonly facilitator: Hex | null;
  /** Units that the call costs at most; of a known price, exactly. */
  readonly amount: number;
  readonly isPriceKnown: boolean;
  /** Seconds since epoch. */
  readonly nowS: number;
}

/** What somebody has signed for. */
export interface Authorised {
  readonly scheme: Scheme;
  readonly payer: Hex;
  /** The number that makes it good once, as a 32-byte word. */
  readonly nonce: Hex;
  /** Units that it is to bring in at most, all of which `exact` moves: never more than the call may cost, whatever the signature allows. */
  readonly amount: number;
  /** When it ends, s since epoch. */
  readonly deadlineS: number;
  /** What the facilitator is asked to hold it against. */
  readonly requirements: Requirements;
}

/** Errors: in words for who signed it. */
export function judgePayment({ accepted, payload }: Payment, input: JudgeInput): Result<Authorised, string> {
  const { config, isPriceKnown } = input;
  if (accepted.network !== config.network) return err(`it is for network ${accepted.network}, not ${config.network}`);
  if (accepted.asset !== config.asset) return err('it is in another token');
  if (accepted.payTo !== config.payTo) return err('it goes to another address');
  if (accepted.scheme === 'upto' && isUpto(payload)) return judgeUpto(accepted, payload, input);
  if (accepted.scheme !== 'exact' || isUpto(payload))
    return err(`its scheme is none of those offered, or not signed as it is`);
  if (!isPriceKnown) return err("the price of this call is not known beforehand: pay by the scheme 'upto'");
  return judgeExact(accepted, payload, input);
}

function judgeUpto(
  accepted: Requirements,
  { permit2Authorization: signed }: UptoPayload,
  input: JudgeInput,
): Result<Authorised, string> {
  const { config, facilitator, amount } = input;
  const { permitted, witness, spender } = signed;
  if (facilitator === null) return err("the scheme 'upto' is not settled here");
  if (spender !== UPTO_PROXY_ADDRESS || witness.facilitator !== facilitator)
    return err('it lets somebody else settle it than the terms say');
  if (permitted.token !== config.asset || witness.to !== config.payTo)
    return err('what is signed is not what is accepted');
  const most = readAmount(permitted.amount);
  if (most === null || permitted.amount !== accepted.amount) return err('its amount is not the one that is accepted');
  if (most < amount) return err(`it allows ${most}, and this call may cost ${amount}`);
  return judgeTimes({ from: witness.validAfter, until: signed.deadline }, input, {
    scheme: 'upto',
    payer: signed.from,
    nonce: toWord(signed.nonce),
    amount: Math.min(most, amount),
    // What is signed is verified.
    requirements: makeRequirements(config, 'upto', { amount: most, facilitator }),
  });
}

function judgeExact(
  accepted: Requirements,
  { authorization: signed }: ExactPayload,
  input: JudgeInput,
): Result<Authorised, string> {
  const { config, amount } = input;
  if (signed.to !== config.payTo) return err('what is signed is not what is accepted');
  const value = readAmount(signed.value);
  if (value !== amount || signed.value !== accepted.amount)
    return err(`it is of ${signed.value}, and this call costs ${amount}`);
  return judgeTimes({ from: signed.validAfter, until: signed.validBefore }, input, {
    scheme: 'exact',
    payer: signed.from,
    nonce: toWord(signed.nonce),
    amount: value,
    requirements: makeRequirements(config, 'exact', { amount: value, facilitator: null }),
  });
}

function judgeTimes(
  { from, until }: { readonly from: string; readonly until: string },
  { nowS }: JudgeInput,
  authorised: Omit<Authorised, 'deadlineS'>,
): Result<Authorised, string> {
  if (BigInt(from) > BigInt(nowS)) return err('it is not good yet');
  if (BigInt(until) < BigInt(nowS + LEAST_LEFT_S))
    return err(`it ends too soon: it must be good for ${LEAST_LEFT_S} s from now`);
  if (BigInt(until) > BigInt(nowS + MOST_LEFT_S))
    return err(`it ends too late: it must end within ${MOST_LEFT_S} s from now`);
  return ok({ ...authorised, deadlineS: Number(until) });
}

function readAmount(text: string): number | null {
  const amount = Number(text);
  return Number.isSafeInteger(amount) && amount > 0 ? amount : null;
}

function toWord(nonce: string): Hex {
  return `0x${BigInt(nonce).toString(16).padStart(64, '0')}`;
}

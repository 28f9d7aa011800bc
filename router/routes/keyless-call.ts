// A call without a key that is paid for by itself (x402 version 2): its terms, its payment, and the account that is opened for it alone.
import type { Context } from 'hono';
import { toHex } from '../../schema/bytes.ts';
import { encodeHeader, PAYMENT_REQUIRED, PAYMENT_SIGNATURE, readPayment } from '../../schema/x402.ts';
import { sha256 } from '../auth/digest.ts';
import type { Caller } from '../auth/judge-key.ts';
import { makeKeylessCaller } from '../auth/make-keyless-caller.ts';
import { pickKeyHeader } from '../auth/read-bearer.ts';
import { ApiError } from '../errors.ts';
import { judgePayment } from '../payments/judge-payment.ts';
import type { Authorised } from '../payments/judge-payment.ts';
import { makeTerms } from '../payments/make-terms.ts';
import type { PaymentFacts } from '../payments/payment.ts';
import type { Keyless } from '../services/payments.ts';
import type { AppEnv } from './app-env.ts';
import type { Job } from './make-job.ts';
import { toPaymentHeaders } from './payment-headers.ts';
import { refuseHold } from './refuse.ts';

/** All such calls share the room for bodies of one account. */
const KEYLESS = 'keyless';
const RETRY_AFTER_S = 30;
/** A whole answer waits so long for its settlement, so that a header can tell it, ms. */
const SETTLE_WAIT_MS = 5000;
/** Of these kinds the price is agreed beforehand where somebody pays by `exact`: all that it may cost, once anything is charged. */
const KNOWN_PRICES: ReadonlySet<string> = new Set(['embedding', 'image']);

const encoder = new TextEncoder();

/** What a call that is paid for by itself has to do yet. */
export interface KeylessCall {
  readonly caller: Caller;
  /** The jobs with what their caller is told of the payment; `body` null for a call that is only to be priced. Throws ApiError: 402 with the terms, 409 for a payment that is used up, 503. */
  readonly pay: (jobs: readonly [Job, ...Job[]], body: Uint8Array | null) => Promise<readonly [Job, ...Job[]]>;
}

/** Null where a key is sent, or every call needs one. Throws ApiError 400 for a payment that cannot be read. */
export function openKeylessCall(c: Context<AppEnv>): KeylessCall | null {
  const { keyless } = c.get('services');
  if (!keyless || pickKeyHeader((name) => c.req.header(name)) !== null) return null;
  const header = c.req.header(PAYMENT_SIGNATURE);
  // Whose account it is comes of what is signed, which is read for good when the price is known.
  const caller = makeKeylessCaller(KEYLESS, 'x402');
  return {
    caller,
    pay: async (jobs, body) => {
      const price = { amount: jobs.reduce((sum, { hold }) => sum + hold.amount, 0), isPriceKnown: isPriceKnown(jobs) };
      if (price.amount === 0) throw refuseFree();
      const facilitator = await keyless.facilitator.findSettler();
      const refuse = (told: string): ApiError => refuseUnpaid(c, keyless, { ...price, facilitator, told });
      if (header === undefined || body === null) throw refuse('This call is not paid for');
      const read = readPayment(header);
      if (!read.ok)
        throw new ApiError('invalid_value', `The payment cannot be read: ${read.error}.`, { param: PAYMENT_SIGNATURE });
      const { payment, sent } = read.value;
      const nowS = Math.floor(Date.now() / 1000);
      const judged = judgePayment(payment, { config: keyless.config, facilitator, nowS, ...price });
      if (!judged.ok) throw refuse(`The payment does not do: ${judged.error}`);
      return begin({ c, keyless, refuse }, { authorised: judged.value, sent, jobs, bodyHash: toHex(sha256(body)) });
    },
  };
}

interface Calling {
  readonly c: Context<AppEnv>;
  readonly keyless: Keyless;
  readonly refuse: (told: string) => ApiError;
}

interface Paying {
  readonly authorised: Authorised;
  readonly sent: object;
  readonly jobs: readonly [Job, ...Job[]];
  readonly bodyHash: string;
}

async function begin({ c, keyless, refuse }: Calling, paying: Paying): Promise<readonly [Job, ...Job[]]> {
  const { authorised, sent, jobs, bodyHash } = paying;
  const { scheme, payer, nonce, amount, deadlineS, requirements } = authorised;
  const { network, mostOwed } = keyless.config;
  const id = accountOf(authorised, network);
  const payment = c.get('services').payment(id);
  const known = await payment.find(bodyHash);
  if (known) throw refuseUsed(known);
  const now = Date.now();
  const [isPaused, { owed, hasLost }] = await Promise.all([
    c.get('services').bookCopy.isPaused(now),
    keyless.table.owed(payer, now),
  ]);
  // Its account would be a new one, which nobody told that the books stand still.
  if (isPaused) throw refuseHold({ reason: 'paused' });
  if (hasLost) throw refuse('An earlier payment of yours never came: use a key');
  if (owed + amount > mostOwed) throw refuseOwed();
  const verified = await keyless.facilitator.verify(sent, requirements);
  if (!verified.ok && verified.error === null) throw refuseAway();
  if (!verified.ok) throw refuse(`The payment was refused: ${String(verified.error)}`);
  const ids = jobs.map((job) => job.id);
  const parts = { id, scheme, network, payer, nonce, sent, requirements, bodyHash };
  const begun = await payment.begin({ ...parts, authorised: amount, deadlineMs: deadlineS * 1000, jobs: ids });
  if (begun === 'away') throw refuseAway();
  if (begun === 'owed') throw refuseOwed();
  if (begun === 'known') throw refuseUsed((await payment.find(bodyHash)) ?? 'known');
  let open = ids.length;
  let isBooked = false;
  c.set('payment', {
    endJob: async (isNothing) => {
      isBooked ||= !isNothing;
      if (--open <= 0) await payment.end(!isBooked);
    },
    abandon: () => payment.end(true),
    settle: async () => toPaymentHeaders(await payment.settle(SETTLE_WAIT_MS)),
  });
  const told = { id, scheme, network, authorised_micro: amount };
  const withPayment = (job: Job): Job => {
    const payment = { ...told, receipt: `/v1/receipts/${job.id}?payment=${id}` };
    // Homes keep the beginnings of prompts by account: this one has none.
    const offer = { ...job.offer, accountId: id, prefixes: [], payment };
    return { ...job, caller: { ...job.caller, accountId: id }, offer };
  };
  const [first, ...others] = jobs;
  return [withPayment(first), ...others.map(withPayment)];
}

/** A payment's account is named by what makes the payment good once, so that the same payment comes to the same account wherever it is shown. */
function accountOf({ scheme, payer, nonce, requirements }: Authorised, network: string): string {
  const name = [network, scheme === 'upto' ? 'permit2' : requirements.asset, payer, nonce].join(' ');
  return `acct_${toHex(sha256(encoder.encode(name))).slice(2, 34)}`;
}

function isPriceKnown(jobs: readonly [Job, ...Job[]]): boolean {
  return jobs.length === 1 && KNOWN_PRICES.has(jobs[0].offer.request.kind ?? 'chat');
}

function refuseUnpaid(
  c: Context<AppEnv>,
  { config }: Keyless,
  price: Omit<Parameters<typeof makeTerms>[1], 'url'>,
): ApiError {
  const told = `${price.told}. It costs ${price.amount} micro-credits at most: pay by x402 version 2, whose terms are in the header ${PAYMENT_REQUIRED}, and send the payment in ${PAYMENT_SIGNATURE}. Or use a key: send it as 'Authorization: Bearer irori_…'.`;
  const terms = makeTerms(config, { ...price, url: c.req.url });
  return new ApiError('payment_required', told, { headers: { [PAYMENT_REQUIRED]: encodeHeader(terms) } });
}

/** Nothing can be paid for what costs nothing: who may call it needs a key. */
function refuseFree(): ApiError {
  const told =
    "This model costs nothing, and is there for those who have a key: send it as 'Authorization: Bearer irori_…'.";
  return new ApiError('missing_api_key', told, { headers: { 'www-authenticate': 'Bearer' } });
}

/** Who sends the very same again is told what became of it the first time. */
function refuseUsed(known: 'known' | { readonly facts: PaymentFacts; readonly jobs: readonly string[] }): ApiError {
  if (known === 'known')
    return new ApiError('payment_used', 'This payment has been used for another call: sign a new one.');
  const { facts, jobs } = known;
  const [job = ''] = jobs;
  const came = facts.charge === null ? 'is being answered' : `came to ${facts.charge} micro-credits (${facts.state})`;
  const told = `This payment has been used for this call already, which ${came}: GET /v1/receipts/${job}?payment=${facts.id} tells more. Sign a new one to call again.`;
  return new ApiError('payment_used', told, { headers: { 'x-irori-job': job, ...toPaymentHeaders(facts) } });
}

function refuseOwed(): ApiError {
  const told = 'Too much is on its way from calls that are paid for one by one, or was lost by them today. Use a key.';
  return new ApiError('payment_away', told, { retryAfterS: RETRY_AFTER_S });
}

function refuseAway(): ApiError {
  return new ApiError('payment_away', 'Payments cannot be verified right now. Nothing was charged.', {
    retryAfterS: RETRY_AFTER_S,
  });
}

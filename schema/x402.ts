// x402 version 2: what a payment, its terms and its settlement are, and the headers that carry them. As router, facilitator and tests read them; pure.
// https://github.com/x402-foundation/x402: specs/x402-specification-v2.md, specs/transports-v2/http.md, specs/schemes/{exact,upto}
import * as z from 'zod';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';

export const X402_VERSION = 2;
/** Base64 of JSON each. */
export const PAYMENT_REQUIRED = 'PAYMENT-REQUIRED';
export const PAYMENT_SIGNATURE = 'PAYMENT-SIGNATURE';
export const PAYMENT_RESPONSE = 'PAYMENT-RESPONSE';

/** Where Uniswap's Permit2 is on every chain, and the contract through which an `upto` payment is settled. */
export const PERMIT2_ADDRESS = '0x000000000022d473030f116ddee9f6b43ac78ba3';
export const UPTO_PROXY_ADDRESS = '0x4020a4f3b7b90cca423b9fabcc0ce57c6c240002';

const MAX_HEADER_CHARS = 16_384;

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => text.toLowerCase() as `0x${string}`);
/** A 256-bit number, decimal or hex, as clients write it. */
const word = z.string().regex(/^(?:\d{1,78}|0x[0-9a-fA-F]{1,64})$/);
const decimal = z.string().regex(/^\d{1,78}$/);
const signature = z.string().regex(/^0x[0-9a-fA-F]{2,4096}$/);

export const requirementsSchema = z.object({
  scheme: z.string(),
  network: z.string(),
  amount: decimal,
  asset: address,
  payTo: address,
  maxTimeoutSeconds: z.number(),
  extra: z.record(z.string(), z.unknown()).optional(),
});

const exactPayload = z.object({
  signature,
  authorization: z.object({
    from: address,
    to: address,
    value: decimal,
    validAfter: decimal,
    validBefore: decimal,
    nonce: z.string().regex(/^0x[0-9a-fA-F]{64}$/),
  }),
});

const uptoPayload = z.object({
  signature,
  permit2Authorization: z.object({
    permitted: z.object({ token: address, amount: decimal }),
    from: address,
    spender: address,
    nonce: word,
    deadline: decimal,
    witness: z.object({ to: address, facilitator: address, validAfter: decimal }),
  }),
});

/** What is not named here is handed on as it came. */
export const paymentSchema = z.object({
  x402Version: z.literal(X402_VERSION),
  accepted: requirementsSchema.loose(),
  payload: z.union([exactPayload.loose(), uptoPayload.loose()]),
});

export type Requirements = z.infer<typeof requirementsSchema>;
export type ExactPayload = z.infer<typeof exactPayload>;
export type UptoPayload = z.infer<typeof uptoPayload>;
export type Payment = z.infer<typeof paymentSchema>;

/** Terms under which something is given. */
export interface PaymentRequired {
  readonly x402Version: typeof X402_VERSION;
  readonly error: string;
  readonly resource: { readonly url: string; readonly description: string; readonly mimeType: string };
  readonly accepts: readonly Requirements[];
}

export const verifySchema = z.object({ isValid: z.boolean(), invalidReason: z.string().nullish() });

export const settlementSchema = z.object({
  success: z.boolean(),
  transaction: z.string(),
  network: z.string(),
  payer: z.string().nullish(),
  amount: z.string().nullish(),
  errorReason: z.string().nullish(),
});
export type SettlementResponse = z.infer<typeof settlementSchema>;

export const supportedSchema = z.object({
  kinds: z.array(
    z.object({
      x402Version: z.number(),
      scheme: z.string(),
      network: z.string(),
      extra: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
});

export function encodeHeader(value: object): string {
  return encodeBase64(new TextEncoder().encode(JSON.stringify(value)));
}

/** The payment in a header: what of it is read, and all of it as it came. Errors: in words for who sent it. */
export function readPayment(header: string): Result<{ payment: Payment; sent: object }, string> {
  if (header.length > MAX_HEADER_CHARS) return err(`it holds more than ${MAX_HEADER_CHARS} characters`);
  const sent = decodeHeader(header);
  if (sent === null) return err('it is not base64 of a JSON object');
  const parsed = paymentSchema.safeParse(sent);
  if (parsed.success) return ok({ payment: parsed.data, sent });
  const issue = parsed.error.issues[0];
  return err(`'${issue?.path.join('.') ?? ''}' is not as x402 version 2 and its schemes exact and upto have it`);
}

/** The object in a header; null where it holds none. */
export function decodeHeader(header: string): object | null {
  try {
    const bytes = decodeBase64(header.trim());
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

export function isUpto(payload: Payment['payload']): payload is UptoPayload {
  return 'permit2Authorization' in payload;
}

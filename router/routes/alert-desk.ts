// What is done to an account's alerts, whoever asks: the operator, or one of its owners.
import * as z from 'zod';
import { judgeWebhookUrl } from '../billing/judge-webhook-url.ts';
import { makeWebhookSecret, SECRET_BYTES } from '../billing/sign-webhook.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';

const MAX_BALANCE = 4_000_000_000_000_000;
export const newAlerts = z.strictObject({
  url: z.string(),
  low_balance_micro: z.int().min(1).max(MAX_BALANCE).nullish(),
  new_secret: z.boolean().default(false),
});

export interface ToldAlerts {
  readonly url: string;
  readonly low_balance_micro: number | null;
  /** Shown this once: who has it can sign. Null where the one before stands. */
  readonly secret: string | null;
}

/** Throws ApiError 400 for an address that is none. `isLocalAllowed`: addresses of this machine, where the network runs on it. */
export async function setAlerts(
  account: ReturnType<Services['account']>,
  { url, low_balance_micro: lowBalance = null, new_secret: isNew }: z.output<typeof newAlerts>,
  isLocalAllowed: boolean,
): Promise<ToldAlerts> {
  const fault = judgeWebhookUrl(url, isLocalAllowed);
  if (fault !== null) throw new ApiError('invalid_value', `'url' ${fault}.`, { param: 'url' });
  const settings = { url, lowBalance };
  const kept = isNew ? false : await account.changeAlerts(settings, null);
  const secret = kept ? null : makeWebhookSecret(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  if (secret !== null) await account.changeAlerts(settings, secret);
  return { url, low_balance_micro: lowBalance, secret };
}

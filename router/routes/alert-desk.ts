// What is done to an account's alerts, whoever asks: the operator, or one of its owners.
import type * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import type { newAlerts } from '../billing/alert-body.ts';
import { isTaken } from '../billing/alert-history.ts';
import type { SentAlert } from '../billing/alert-history.ts';
import { judgeWebhookUrl } from '../billing/judge-webhook-url.ts';
import { makeWebhookSecret, SECRET_BYTES } from '../billing/sign-webhook.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';

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

/** Sends a test event where the alerts go, as any of them: signed, and again where nobody takes it. Throws ApiError 404 where they go nowhere. */
export async function testAlerts(
  account: ReturnType<Services['account']>,
): Promise<{ readonly sent: true; readonly event_id: string }> {
  const id = await account.testAlerts();
  if (id === null) throw new ApiError('not_found', 'This account is told of nothing: say first where to.');
  return { sent: true, event_id: id };
}

/** As the API tells it: `event` is what was sent. */
export function tellSent({ id, body, url, at, answer, tries, nextAt }: SentAlert): object {
  return {
    event_id: id,
    event: parseJson(body) ?? null,
    url,
    sent_at: new Date(at).toISOString(),
    tries,
    taken: isTaken({ answer }),
    answer,
    next_try_at: nextAt === null ? null : new Date(nextAt).toISOString(),
  };
}

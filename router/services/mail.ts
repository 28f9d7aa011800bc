// Links that sign in and invitations, on their way to whoever sends mail: a signed webhook, as alerts are. Knows no mail server, and nobody's address but the one it is given.
import { makeLog } from '../log.ts';
import { signWebhook } from '../billing/sign-webhook.ts';
import { toHex } from '../../schema/bytes.ts';
import type { Env } from '../env.ts';
import { allowsLocalWebhooks } from './pick-local.ts';
import { makeWebhookDoor } from './webhook-door.ts';

const log = makeLog('edge');

/** One link for one reader. */
export interface SignInMail {
  readonly to: string;
  readonly url: string;
  /** ms since epoch. */
  readonly expiresAt: number;
  readonly locale: 'en' | 'ja';
  /** An invitation to this account, by its name, and no link to sign in. */
  readonly account?: string;
}

/** False where nobody took it. Rejects nothing: who waits for a mail that does not come asks for another. */
export type SendSignInLink = (mail: SignInMail) => Promise<boolean>;

export function openMail(env: Env, random: (bytes: number) => Uint8Array): SendSignInLink | null {
  const { MAIL_WEBHOOK_URL: url, MAIL_WEBHOOK_SECRET: secret } = env;
  if (url === undefined || secret === undefined) return null;
  const post = makeWebhookDoor(allowsLocalWebhooks(env));
  return async ({ to, url: link, expiresAt, locale, account }) => {
    const type = account === undefined ? 'sign_in.link' : 'member.invitation';
    const body = JSON.stringify({ type, to, url: link, expires_at: expiresAt, locale, account });
    const signed = signWebhook({ id: `msg_${toHex(random(16)).slice(2)}`, body }, secret, Date.now());
    const headers = { ...signed, 'content-type': 'application/json', 'user-agent': 'irori-webhooks/1' };
    try {
      const status = await post(url, { headers, body });
      if (status !== 'refused' && status < 300) return true;
      log.warn('mail-not-taken', { reason: String(status) });
    } catch (error) {
      log.warn('mail-not-taken', { error });
    }
    return false;
  };
}

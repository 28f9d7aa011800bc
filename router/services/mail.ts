// Links that sign in and invitations, on their way to whoever sends mail: a signed webhook, as alerts are. Knows no mail server, and nobody's address but the one it is given.
import { makeLog } from '../log.ts';
import { signWebhook } from '../billing/sign-webhook.ts';
import { toHex } from '../../schema/bytes.ts';
import type { Env } from '../env.ts';
import { allowsLocalWebhooks } from './pick-local.ts';
import type { PostWebhook } from '../billing/alert-post.ts';
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

/** After these many ms it is sent once more, where nobody took it: a receiver that restarts is back by then. */
const AGAIN_MS = [500, 2000] as const;
/** Not after a receiver that took so long, ms: some of those who send wait for what became of it. */
const PATIENCE_MS = 8000;

/** False where nobody took it, sent anew twice. Rejects nothing: who waits for a mail that does not come asks for another. */
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
    // Under one id, by which a receiver that took it after all knows it.
    const send = (): Promise<Taken> => sendOnce(() => post(url, { headers, body }));
    const untilAt = Date.now() + PATIENCE_MS;
    let isTaken = await send();
    for (const waitMs of AGAIN_MS) {
      if (isTaken !== 'later' || Date.now() > untilAt) break;
      await new Promise((wake) => setTimeout(wake, waitMs));
      isTaken = await send();
    }
    return isTaken === 'yes';
  };
}

type Taken = 'yes' | 'no' | 'later';

async function sendOnce(post: () => ReturnType<PostWebhook>): Promise<Taken> {
  try {
    const status = await post();
    if (status !== 'refused' && status < 300) return 'yes';
    log.warn('mail-not-taken', { reason: String(status) });
    return status !== 'refused' && (status >= 500 || status === 429) ? 'later' : 'no';
  } catch (error) {
    log.warn('mail-not-taken', { error });
    return 'later';
  }
}

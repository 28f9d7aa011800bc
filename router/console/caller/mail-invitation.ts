// An invitation on its way by mail, as often as links to sign in may be: nobody's box is to be filled from here.
import type { Context } from 'hono';
import { hashToken } from '../../auth/make-session-token.ts';
import { MAILS_ASKED, MAILS_TO, passDoor } from '../../routes/counted-doors.ts';
import { orNull } from '../or-null.ts';
import { makeOwnLink } from '../own-link.ts';
import type { ConsoleEnv } from '../visit.ts';

/** False where nobody took it: then it is handed over by hand. */
export async function mailInvitation(
  c: Context<ConsoleEnv>,
  { to, code, expiresAt, account }: { to: string; code: string; expiresAt: number; account: string },
): Promise<boolean> {
  const { sendSignInLink, doorCounts } = c.get('services');
  if (!sendSignInLink) return false;
  const isOpen = async (): Promise<boolean> => {
    await passDoor(c, MAILS_ASKED, 'too many');
    return (await doorCounts.take(MAILS_TO, hashToken(`mail ${to.toLowerCase()}`), Date.now())) === null;
  };
  if ((await orNull(isOpen())) !== true) return false;
  const { locale } = c.get('visit');
  return sendSignInLink({ to, url: makeOwnLink(c, code), expiresAt, locale, account });
}

// An invitation on its way by mail, as often as links to sign in may be: nobody's box is to be filled from here.
import type { Context } from 'hono';
import { passMails } from '../../routes/counted-doors.ts';
import { makeOwnLink } from '../own-link.ts';
import type { ConsoleEnv } from '../visit.ts';

/** False where nobody took it: then it is handed over by hand. */
export async function mailInvitation(
  c: Context<ConsoleEnv>,
  { to, code, expiresAt, account }: { to: string; code: string; expiresAt: number; account: string },
): Promise<boolean> {
  const { sendSignInLink } = c.get('services');
  if (!sendSignInLink) return false;
  // The member is made already: whatever stands in the way of a mail, the link is shown instead.
  try {
    await passMails(c, to, 'Enough mail was asked for from here within the hour.');
  } catch {
    return false;
  }
  const { locale } = c.get('visit');
  return sendSignInLink({ to, url: makeOwnLink(c, code), expiresAt, locale, account });
}

// What pages take from their environment: who looks at them.
import { makePasskeys } from '../auth/passkeys.ts';
import type { Passkeys } from '../auth/passkeys.ts';
import { makePeople } from '../auth/people.ts';
import type { People } from '../auth/people.ts';
import { makeSessions } from '../auth/sessions.ts';
import type { Sessions } from '../auth/sessions.ts';
import { makeSignInCodes } from '../auth/sign-in-codes.ts';
import type { SignInCodes } from '../auth/sign-in-codes.ts';
import type { Env } from '../env.ts';
import { passkeyVerdict } from '../../schema/passkey-check.ts';
import { openMail } from './mail.ts';
import type { SendSignInLink } from './mail.ts';

export interface ConsoleDoors {
  readonly people: People;
  readonly sessions: Sessions;
  readonly signInCodes: SignInCodes;
  /** Null where nobody verifies them. */
  readonly passkeys: Passkeys | null;
  /** Null where nobody sends mail. */
  readonly sendSignInLink: SendSignInLink | null;
}

export function openConsoleDoors(env: Env, random: (bytes: number) => Uint8Array): ConsoleDoors {
  const doors = { db: env.DB, random };
  return {
    people: makePeople(doors),
    sessions: makeSessions(doors),
    signInCodes: makeSignInCodes(doors),
    passkeys: openPasskeys(env, doors),
    sendSignInLink: openMail(env, random),
  };
}

/** The other Worker is asked by its binding: the address is only a form. */
const VERIFIER = 'https://passkeys/';

function openPasskeys({ PASSKEYS: worker }: Env, doors: Pick<Parameters<typeof makePasskeys>[0], 'db' | 'random'>) {
  if (!worker) return null;
  return makePasskeys({
    ...doors,
    verify: async (asked) => {
      const answer = await worker.fetch(VERIFIER, { method: 'POST', body: JSON.stringify(asked) });
      return passkeyVerdict.parse(await answer.json());
    },
  });
}

// What pages take from their environment: who looks at them.
import { makePeople } from '../auth/people.ts';
import type { People } from '../auth/people.ts';
import { makeSessions } from '../auth/sessions.ts';
import type { Sessions } from '../auth/sessions.ts';
import { makeSignInCodes } from '../auth/sign-in-codes.ts';
import type { SignInCodes } from '../auth/sign-in-codes.ts';
import type { Env } from '../env.ts';

export interface ConsoleDoors {
  readonly people: People;
  readonly sessions: Sessions;
  readonly signInCodes: SignInCodes;
}

export function openConsoleDoors(env: Env, random: (bytes: number) => Uint8Array): ConsoleDoors {
  const doors = { db: env.DB, random };
  return { people: makePeople(doors), sessions: makeSessions(doors), signInCodes: makeSignInCodes(doors) };
}

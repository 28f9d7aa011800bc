// Links that sign in once, for a member of an account or for an operator: there is no password to hand over.
import * as z from 'zod';
import { shownText } from '../auth/bodies.ts';
import type { Caller } from '../auth/judge-key.ts';
import type { MemberRow } from '../auth/members.ts';
import type { Person } from '../auth/people.ts';
import { ROLE_SCOPES, ROLES } from '../../schema/key-rights.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';

const MOST_LIFE_S = 7 * 86_400;
export const linkBody = z.strictObject({
  name: shownText.max(100),
  email: z.email().max(200).nullish(),
  account_id: z.string().max(64).nullish(),
  role: z.enum(ROLES).default('owner'),
  is_operator: z.boolean().default(false),
  life_s: z.number().int().min(60).max(MOST_LIFE_S).default(600),
});
type LinkBody = z.output<typeof linkBody>;

export interface SignInLink {
  readonly personId: string;
  readonly memberId: string | null;
  /** Of this origin; told this once. */
  readonly path: string;
  readonly expiresAt: number;
}

/** Where a code signs in: of this origin. */
export function signInPath(code: string): string {
  return `/sign-in/${code}`;
}

/** Throws ApiError 404. */
export async function makeSignInLink(services: Services, said: LinkBody): Promise<SignInLink> {
  const now = Date.now();
  const { person, memberId } = await findPerson(services, said, now);
  const lifeMs = said.life_s * 1000;
  const code = await services.signInCodes.mint({ personId: person.id, memberId, lifeMs }, now);
  return { personId: person.id, memberId, path: signInPath(code), expiresAt: now + lifeMs };
}

/** How long an invitation is good, ms. */
const INVITATION_MS = MOST_LIFE_S * 1000;

/**
 * An invitation: whoever opens it first is the member from then on. A key makes one for no role that may more than it. Throws ApiError 403, 409.
 */
export async function inviteMember(
  services: Services,
  { scopes }: Pick<Caller, 'scopes'>,
  member: MemberRow,
): Promise<{ readonly code: string; readonly path: string; readonly expiresAt: number }> {
  if (!ROLE_SCOPES[member.role].every((scope) => scopes.includes(scope)))
    throw new ApiError(
      'forbidden',
      `A member of the role ${member.role} may more than this key: its scopes must hold all of that role.`,
      {
        param: 'id',
      },
    );
  if (member.removedAt !== null)
    throw new ApiError('conflict', 'This member was removed. Add another.', { param: 'id' });
  if (await services.people.findByMember(member.id))
    throw new ApiError('conflict', 'Somebody is this member already, and signs in by a passkey or by mail.', {
      param: 'id',
    });
  const now = Date.now();
  const code = await services.signInCodes.mint({ personId: null, memberId: member.id, lifeMs: INVITATION_MS }, now);
  return { code, path: signInPath(code), expiresAt: now + INVITATION_MS };
}

/**
 * For somebody who is a member already: the person that they are, or a new one. Never whoever has the address that stands with the member: an owner of the account
 * wrote it there, and would be handed a link that signs in as somebody else.
 */
export async function makeMemberLink(services: Services, member: MemberRow, lifeMs: number): Promise<SignInLink> {
  const now = Date.now();
  const { people, signInCodes } = services;
  let person = await people.findByMember(member.id);
  if (!person) {
    person = await people.create({ name: member.name, email: null, isOperator: false }, now);
    await people.join(person.id, member.id);
  }
  const code = await signInCodes.mint({ personId: person.id, memberId: member.id, lifeMs }, now);
  return { personId: person.id, memberId: member.id, path: signInPath(code), expiresAt: now + lifeMs };
}

/** Whoever is the account's first member of that role already, if that is a person of that name; else somebody new. */
async function findPerson(
  services: Services,
  { name, email = null, account_id: accountId, role, is_operator: isOperator }: LinkBody,
  now: number,
): Promise<{ readonly person: Person; readonly memberId: string | null }> {
  const { people, members } = services;
  const create = async (): Promise<Person> => people.create({ name, email, isOperator }, now);
  if (accountId == null) return { person: await create(), memberId: null };
  for (const member of await members.list(accountId)) {
    if (member.role !== role || member.name !== name) continue;
    const person = await people.findByMember(member.id);
    if (person?.isOperator === isOperator) return { person, memberId: member.id };
  }
  const made = await members.create({ accountId, name, email, role }, now);
  if (!made.ok) throw notFound('account', 'account_id');
  const person = await create();
  await people.join(person.id, made.value.id);
  return { person, memberId: made.value.id };
}

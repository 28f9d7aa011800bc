// What is done to an account's members, whoever asks. What their keys may do follows their role, at once wherever credit is held.
import type * as z from 'zod';
import type { memberChangeBody, newMemberBody } from '../auth/bodies.ts';
import type { MemberRow } from '../auth/members.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';

/** One of an account's members, also one that was removed. Throws ApiError 404. */
export async function findMember(
  services: Services,
  { accountId, memberId, param }: { readonly accountId: string; readonly memberId: string; readonly param: string },
): Promise<MemberRow> {
  const member = await services.members.find(memberId);
  if (member?.accountId !== accountId) throw notFound('member', param);
  return member;
}

/** Throws ApiError 404 or 409. */
export async function addMember(
  services: Services,
  accountId: string,
  said: z.output<typeof newMemberBody>,
): Promise<MemberRow> {
  const made = await services.members.create({ accountId, ...said }, Date.now());
  if (made.ok) return made.value;
  if (made.error === 'no-account') throw notFound('account', 'id');
  throw new ApiError('conflict', 'The account has as many members as there may be (1,000). Remove some first.');
}

/** Throws ApiError 404 or 409. */
export async function changeMember(
  services: Services,
  { id, accountId }: MemberRow,
  { name, email, role }: z.output<typeof memberChangeBody>,
): Promise<MemberRow> {
  const now = Date.now();
  const change = { ...(name !== undefined && { name }), ...(email !== undefined && { email }), ...(role && { role }) };
  const changed = await services.members.change(id, change, now);
  if (!changed.ok) throw refuseChange(changed.error);
  if (role) {
    services.keys.forgetAccount(accountId);
    await services.account(accountId).changeKeys(await services.keys.idsOf(id), now);
  }
  return changed.value;
}

/** Their keys are revoked too. Throws ApiError 404 or 409. Again is the same: it revokes and tells what was not. */
export async function removeMember(services: Services, { id, accountId }: MemberRow): Promise<object> {
  const now = Date.now();
  const removed = await services.members.remove(id, now);
  if (!removed.ok) throw refuseChange(removed.error);
  const keys = await services.keys.revokeOf(id, now);
  await services.account(accountId).revokeKeys(keys);
  return { id, removed: true, revoked_keys: keys };
}

export function toMemberJson({ id, name, email, role, createdAt }: MemberRow): object {
  return { id, name, email, role, created_at: createdAt };
}

function refuseChange(reason: 'no-member' | 'last-owner'): ApiError {
  if (reason === 'no-member') return notFound('member', 'id');
  const told = 'This is the last owner of the account: make another member an owner first.';
  return new ApiError('conflict', told, { param: 'role' });
}

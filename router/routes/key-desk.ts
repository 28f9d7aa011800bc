// What is done to API keys, whoever asks: the operator, or a key that may give away what it has. Changes of what a key may do are told its account's object, so
// that they hold at once wherever credit is held; each is written first, and the same call again tells who could not be told.
import { keepLimits, tellKeyLimits } from '../../schema/key-limits.ts';
import { USUAL_SCOPES } from '../../schema/key-rights.ts';
import type { KeyChange, ListedKey } from '../auth/api-keys.ts';
import type { SaidKey } from '../auth/bodies.ts';
import type { Caller } from '../auth/judge-key.ts';
import { isMultiplied, judgeGift, pickScopes } from '../auth/judge-rights.ts';
import type { Excess, Gift } from '../auth/judge-rights.ts';
import type { MemberRow } from '../auth/members.ts';
import { isPerson } from '../auth/people.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';

/** Whose key is made, and by whom. */
export interface Minting {
  readonly accountId: string;
  /** Whose it is; null for the account's own. */
  readonly member: MemberRow | null;
  /** Who makes it; null for the operator. */
  readonly by: Caller | null;
}

/** A key, told this once. `secret`: what a repeat of the call is not told again. Throws ApiError 400, 403 or 404. */
export async function mintKey(
  services: Services,
  { accountId, member, by }: Minting,
  said: SaidKey,
): Promise<{ readonly told: { readonly id: string }; readonly secret: { readonly key: string } }> {
  const now = Date.now();
  const giver = by && (await findGift(services, by));
  if (giver && isMultiplied(giver.limits)) throw refuseLimited('make keys');
  const wanted = toChange(said, now);
  const whole = {
    name: wanted.name ?? 'key',
    defaults: wanted.defaults ?? null,
    // What nobody says a key inherits from the one that makes it, as far as it is usual.
    scopes: wanted.scopes ?? (giver ? USUAL_SCOPES.filter((scope) => giver.scopes.includes(scope)) : null),
    models: wanted.models === undefined ? (giver?.models ?? null) : wanted.models,
    expiresAt: wanted.expiresAt === undefined ? (giver?.expiresAt ?? null) : wanted.expiresAt,
    limits: wanted.limits === undefined ? (giver?.limits ?? null) : wanted.limits,
  };
  checkRights({ ...whole, role: member?.role ?? null }, giver);
  const asked = {
    ...whole,
    accountId,
    memberId: member?.id ?? null,
    by: by === null || isPerson(by) ? null : by.keyId,
  };
  const minted = await services.keys.mint(asked, now);
  if (!minted.ok && minted.error === 'giver-revoked')
    throw new ApiError('invalid_api_key', 'This API key has been revoked.');
  if (!minted.ok && minted.error === 'too-many')
    throw new ApiError('conflict', 'The account has as many API keys as there may be (1,000). Revoke some first.');
  if (!minted.ok) throw minted.error === 'no-member' ? notFound('member', 'member') : notFound('account', 'id');
  const { id, key } = minted.value;
  // Before anybody has the key: what limits it binds from its first call on.
  if (whole.limits) await services.account(accountId).setKeyLimits(id, whole.limits);
  const listed = { ...whole, id, accountId, memberId: asked.memberId, createdAt: now, revokedAt: null };
  return { told: toKeyJson(listed), secret: { key } };
}

/** Changes what was said of a key. `by`: who does, who must have all that the key will have; null for the operator. Throws ApiError 400, 403 or 404. */
export async function changeKey(
  services: Services,
  { key, by }: { readonly key: ListedKey; readonly by: Caller | null },
  said: SaidKey,
): Promise<object> {
  const now = Date.now();
  const change = toChange(said, now);
  const member = key.memberId === null ? null : await services.members.find(key.memberId);
  const giver = by && (await findGift(services, by));
  checkRights({ ...key, ...change, role: member?.role ?? null }, giver);
  if (giver && isMultiplied(giver.limits) && change.limits !== undefined) throw refuseLimited("change a key's limits");
  const changed = await services.keys.change(key.id, change, now);
  if (!changed.ok) throw notFound('key', 'id');
  const account = services.account(key.accountId);
  const { scopes, models, expiresAt, limits } = change;
  if (scopes !== undefined || models !== undefined || expiresAt !== undefined) await account.changeKeys([key.id], now);
  if (limits !== undefined) await account.setKeyLimits(key.id, limits);
  return toKeyJson(changed.value);
}

/** Throws ApiError 404. Again is the same: it tells the account's object, where that could not be told. */
export async function revokeKey(services: Services, keyId: string): Promise<object> {
  const revoked = await services.keys.revoke(keyId, Date.now());
  if (!revoked.ok) throw notFound('key', 'id');
  await services.account(revoked.value.accountId).revokeKey(keyId);
  return { id: keyId, revoked: true };
}

export function toKeyJson(key: ListedKey): Record<string, unknown> & { readonly id: string } {
  return {
    id: key.id,
    name: key.name,
    member: key.memberId,
    scopes: key.scopes ?? USUAL_SCOPES,
    models: key.models,
    limits: tellKeyLimits(key.limits),
    defaults: key.defaults,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
  };
}

/** What the key of a caller has to give: of its limits D1 is asked, since calls do without. */
async function findGift(services: Services, caller: Caller): Promise<Gift> {
  const { scopes, models, expiresAt, keyId } = caller;
  return { scopes, models, expiresAt, limits: (await services.keys.find(keyId))?.limits ?? null };
}

function toChange({ expires_in_s: lifeS, limits, ...said }: SaidKey, now: number): KeyChange {
  return {
    ...dropUnsaid(said),
    ...(lifeS !== undefined && { expiresAt: lifeS === null ? null : now + lifeS * 1000 }),
    ...(limits !== undefined && { limits: keepLimits(limits) }),
  };
}

function dropUnsaid<T extends object>(said: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function checkRights(
  { role, ...key }: Omit<Gift, 'scopes'> & Pick<ListedKey, 'scopes'> & { readonly role: MemberRow['role'] | null },
  giver: Gift | null,
): void {
  const scopes = pickScopes(key.scopes, role);
  const lost = (key.scopes ?? []).filter((scope) => !scopes.includes(scope));
  if (lost.length > 0) {
    const told = `A key of a member with the role '${role}' cannot have the scope '${lost.join("', '")}'. Leave it out, or change the member's role.`;
    throw new ApiError('invalid_value', told, { param: 'scopes' });
  }
  const gift = giver ? judgeGift({ ...key, scopes }, giver) : null;
  if (gift && !gift.ok) throw refuseGift(gift.error);
}

function refuseLimited(what: string): ApiError {
  const told = `A key with limits of its own may not ${what}: each would have them anew. Ask with a key that has none.`;
  return new ApiError('forbidden', told, { param: 'limits' });
}

function refuseGift(excess: Excess): ApiError {
  const more = excess.of === 'expires_in_s' ? 'a life beyond its own' : `'${excess.names.slice(0, 5).join("', '")}'`;
  const told = `A key gives away no more than it has: this one does not have ${more}. Ask for less, or ask with a key that has it.`;
  return new ApiError('forbidden', told, { param: excess.of });
}

// What a stored key allows at a moment. Pure.
import type { Role, Scope } from '../../schema/key-rights.ts';
import type { KeyDefaults } from '../../schema/provider.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { pickScopes } from './judge-rights.ts';
import type { KeyRights } from './judge-rights.ts';

/** Who makes a call: the account that pays and the key it came with. */
export interface Caller extends KeyRights {
  readonly accountId: string;
  readonly keyId: string;
  /** What the key says for requests that do not; null for a key that says nothing. */
  readonly defaults: KeyDefaults | null;
  /** The pools whose homes the account may use, as a member or as their owner. */
  readonly pools: readonly CallerPool[];
  /** Where the account's own homes are paid to. */
  readonly wallets?: readonly string[];
  /** The member that the key belongs to, and its role; null for a key of the account's own. */
  readonly memberId: string | null;
  readonly role: Role | null;
  /** Which state of its rights this is: the account's object refuses holds by an older one. Ms since epoch, 0 for never changed. */
  readonly rightsAt: number;
}

export interface CallerPool {
  readonly id: string;
  readonly name: string;
}

/** A key as stored, with its account's state. Times in ms since epoch. */
export interface KeyRow {
  readonly keyId: string;
  readonly accountId: string;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly disabledAt: number | null;
  readonly defaults: KeyDefaults | null;
  readonly pools: readonly CallerPool[];
  readonly wallets?: readonly string[];
  /** As they were said; null for the usual ones. */
  readonly scopes: readonly Scope[] | null;
  readonly models: readonly string[] | null;
  readonly memberId: string | null;
  readonly role: Role | null;
  readonly memberRemovedAt: number | null;
  readonly rightsAt: number;
}

export type KeyFault = 'missing' | 'malformed' | 'foreign' | 'unknown' | 'revoked' | 'expired' | 'account-disabled';

/** The caller behind a stored key (null: no such row), or why it may not call at `now`. */
export function judgeKey(row: KeyRow | null, now: number): Result<Caller, KeyFault> {
  if (!row) return err('unknown');
  if (row.revokedAt !== null || row.memberRemovedAt !== null) return err('revoked');
  if (row.expiresAt !== null && row.expiresAt <= now) return err('expired');
  if (row.disabledAt !== null) return err('account-disabled');
  const { accountId, keyId, defaults, pools, models, expiresAt, memberId, role, rightsAt, wallets = [] } = row;
  const scopes = pickScopes(row.scopes, role);
  const caller = { accountId, keyId, defaults, pools, scopes, models, expiresAt, memberId, role, rightsAt };
  return ok({ ...caller, ...(wallets.length > 0 && { wallets }) });
}

// What a stored key allows at a moment. Pure.
import type { KeyDefaults } from '../../schema/provider.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** Who makes a call: the account that pays and the key it came with. */
export interface Caller {
  readonly accountId: string;
  readonly keyId: string;
  /** What the key says for requests that do not; null for a key that says nothing. */
  readonly defaults: KeyDefaults | null;
  /** The pools whose homes the account may use, as a member or as their owner. */
  readonly pools: readonly CallerPool[];
  /** Where the account's own homes are paid to. */
  readonly wallets?: readonly string[];
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
}

export type KeyFault = 'missing' | 'malformed' | 'foreign' | 'unknown' | 'revoked' | 'expired' | 'account-disabled';

/** The caller behind a stored key (null: no such row), or why it may not call at `now`. */
export function judgeKey(row: KeyRow | null, now: number): Result<Caller, KeyFault> {
  if (!row) return err('unknown');
  if (row.revokedAt !== null) return err('revoked');
  if (row.expiresAt !== null && row.expiresAt <= now) return err('expired');
  if (row.disabledAt !== null) return err('account-disabled');
  const { accountId, keyId, defaults, pools, wallets = [] } = row;
  return ok({ accountId, keyId, defaults, pools, ...(wallets.length > 0 && { wallets }) });
}

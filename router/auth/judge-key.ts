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
}

export type KeyFault = 'missing' | 'malformed' | 'foreign' | 'unknown' | 'revoked' | 'expired' | 'account-disabled';

/** The caller behind a stored key (null: no such row), or why it may not call at `now`. */
export function judgeKey(row: KeyRow | null, now: number): Result<Caller, KeyFault> {
  if (!row) return err('unknown');
  if (row.revokedAt !== null) return err('revoked');
  if (row.expiresAt !== null && row.expiresAt <= now) return err('expired');
  if (row.disabledAt !== null) return err('account-disabled');
  const { accountId, keyId, defaults, pools } = row;
  return ok({ accountId, keyId, defaults, pools });
}

/** The public words for a fault: a code of the API and a message with the remedy. Unknown, foreign and malformed read alike. */
export function tellKeyFault(fault: KeyFault): {
  readonly code: 'missing_api_key' | 'invalid_api_key' | 'account_disabled';
  readonly message: string;
} {
  switch (fault) {
    case 'missing':
      return { code: 'missing_api_key', message: "No API key was given. Send 'Authorization: Bearer irori_…'." };
    case 'revoked':
      return { code: 'invalid_api_key', message: 'This API key was revoked. Use another key.' };
    case 'expired':
      return { code: 'invalid_api_key', message: 'This API key has expired. Use another key.' };
    case 'account-disabled':
      return { code: 'account_disabled', message: 'The account of this API key is disabled. Ask its operator.' };
    case 'malformed':
    case 'foreign':
    case 'unknown':
      return { code: 'invalid_api_key', message: 'The API key is not valid. Check that the whole key was copied.' };
  }
}

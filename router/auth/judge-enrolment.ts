// Whether an enrolment code lets a node join. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

export type EnrolFault =
  'bad-signature' | 'unknown-code' | 'code-used' | 'code-expired' | 'other-owner' | 'node-revoked' | 'owner-disabled';

export interface EnrolmentRow {
  readonly accountId: string;
  readonly wallet: string | null;
  readonly expiresAt: number;
  /** How many nodes may use the code, and how many have. */
  readonly uses: number;
  readonly used: number;
  /** True where the node that asks is one of those. */
  readonly isUsedByNode: boolean;
  readonly isOwnerDisabled: boolean;
}

/**
 * What to do with a code that a node has signed. `repeat`: this node used it before and asks again, perhaps because the
 * answer was lost. `claim`: the code is free and must be claimed in the store, where no more racers win than it has uses left.
 */
export function judgeEnrolment(facts: {
  readonly enrolment: EnrolmentRow | null;
  readonly existing: { readonly accountId: string; readonly revokedAt: number | null } | null;
  readonly now: number;
}): Result<'claim' | 'repeat', EnrolFault> {
  const { enrolment, existing, now } = facts;
  if (!enrolment) return err('unknown-code');
  if (enrolment.isOwnerDisabled) return err('owner-disabled');
  if (!enrolment.isUsedByNode && enrolment.used >= enrolment.uses) return err('code-used');
  if (enrolment.expiresAt <= now) return err('code-expired');
  if (existing && existing.revokedAt !== null) return err('node-revoked');
  if (existing && existing.accountId !== enrolment.accountId) return err('other-owner');
  return ok(enrolment.isUsedByNode ? 'repeat' : 'claim');
}

/** The public words for a fault: a code of the API and a message with the remedy. */
export function tellEnrolFault(fault: EnrolFault): {
  readonly code: 'invalid_value' | 'forbidden' | 'conflict' | 'node_revoked' | 'account_disabled';
  readonly message: string;
  readonly param: string | null;
} {
  switch (fault) {
    case 'bad-signature':
      return {
        code: 'forbidden',
        message: 'The signature was not made by this address over this code.',
        param: 'signature',
      };
    case 'unknown-code':
      return {
        code: 'forbidden',
        message: 'The enrolment code is not known. Ask its owner for a new one.',
        param: 'code',
      };
    case 'code-used':
      return {
        code: 'conflict',
        message: 'The enrolment code was used by other nodes, as often as it may be. Ask for a new one.',
        param: 'code',
      };
    case 'code-expired':
      return { code: 'forbidden', message: 'The enrolment code has expired. Ask for a new one.', param: 'code' };
    case 'other-owner':
      return {
        code: 'conflict',
        message: 'This node belongs to another account. Start it with a new key.',
        param: 'address',
      };
    case 'owner-disabled':
      return { code: 'account_disabled', message: 'The account that made this code is disabled.', param: 'code' };
    case 'node-revoked':
      return { code: 'node_revoked', message: 'This node was revoked by its owner or the operator.', param: 'address' };
  }
}

// How a pool is named.
import * as z from 'zod';
import { isId } from '../../schema/ids.ts';
import { foldName, isOfOneScript } from './fold-name.ts';

/** Words of `provider.pool` that are no pool's name. */
export const POOL_WORDS = ['mine', 'mine-first', 'public'] as const;

export const poolNameField = z
  .string()
  .trim()
  .regex(/^[\p{L}0-9][\p{L}0-9 ._-]{0,63}$/u, 'must be 1 to 64 letters, digits 0 to 9, spaces or . _ -')
  .refine(isOfOneScript, {
    error:
      'must hold plain letters of one script (Latin may stand beside Chinese, Japanese or Korean), since callers read and type it',
  })
  .refine((name) => !POOL_WORDS.some((word) => foldName(word) === foldName(name)) && !name.startsWith('pool_'), {
    error: `must not be one of ${POOL_WORDS.join(', ')}, nor look like one, and not begin with 'pool_': these mean something else in a request`,
  });

export const newPoolBody = z.strictObject({ name: poolNameField });

/** Whom a pool's owner invites. Its form alone is looked at. */
export const invitationBody = z.strictObject({
  account: z
    .string()
    .refine((text) => isId('acct', text), { error: "must be an account's id: acct_ and 32 hex digits" }),
});

// Asks the router to have a home's earnings claimed, which it pays the gas for, and how far that is.
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { sendSigned } from './signed-question.ts';

const PATH = '/node/v1/claim';

const count = z.number().int().min(0);
const toldSchema = z.object({
  state: z.enum(['nothing', 'no_wallet', 'open', 'waiting', 'sent', 'paid']),
  /** What is paid to it, lower-case. */
  wallet: z.string().max(100).nullable(),
  /** As the router has it: the next file of an epoch names it. */
  named_wallet: z.string().max(100).nullable(),
  claimable_micro: count,
  claimed_micro: count,
  /** Until when nothing is sent, and why: ms since epoch, and a sentence. */
  due_at: z.number().nullable(),
  wait_until: z.string().max(500).nullable(),
  transaction: z.string().max(100).nullable(),
});
export type ToldClaim = z.output<typeof toldSchema>;

/** `isAway`: the router is not there, or pays for nobody: the owner can claim without it. */
export interface NoSponsor {
  readonly sentence: string;
  readonly isAway: boolean;
}

/** `isAsking`: it is to be claimed; else only how far it is. */
export async function askClaim(
  router: string,
  key: SessionKey,
  isAsking: boolean,
): Promise<Result<ToldClaim, NoSponsor>> {
  const answer = await sendSigned({ router, key, path: PATH, ...(isAsking && { body: '{}' }) }, Date.now());
  if (!answer.ok) {
    // 404: a router without a chain, or older than this agent; 409: it pays for nobody.
    const isAway = answer.isOpen || answer.status === 404 || answer.status === 409;
    return err({ sentence: answer.error, isAway });
  }
  const told = toldSchema.safeParse(answer.value);
  if (told.success) return ok(told.data);
  return err({ sentence: `${router} does not answer like an Irori router, or is of another version.`, isAway: true });
}

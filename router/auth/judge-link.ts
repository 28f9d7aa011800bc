// What becomes of a machine that waits to be linked: what it is told when it asks, and whether a decision about it still counts. Pure.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { encodeBase64 } from '../../schema/base64.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** How long a person has to type the code, ms. */
export const LINK_LIFE_MS = 600_000;
/** A machine asks no more often than this, ms; one that asks sooner is told so. */
export const LINK_PACE_MS = 5000;
/** Clocks and lines are not exact: by so much sooner it may come. */
const PACE_SLACK_MS = 500;
/** With so many wrong verifiers a link is burnt: whoever has the device's code alone is not the machine. */
const MOST_WRONG = 5;

export type LinkState = 'pending' | 'approved' | 'denied' | 'used';

export interface LinkRow {
  readonly state: LinkState;
  readonly challenge: string;
  readonly expiresAt: number;
  readonly askedAt: number;
  readonly wrong: number;
  readonly accountId: string | null;
}

/** Why a machine gets no code now. `wrong-verifier` counts against the link. */
export type TokenFault = 'unknown' | 'wrong-verifier' | 'pending' | 'slow-down' | 'denied' | 'expired' | 'used';

/** Whether the machine that asks with this verifier may have its code. */
export function judgeToken(
  link: LinkRow | null,
  { verifier, now }: { readonly verifier: string; readonly now: number },
): Result<null, TokenFault> {
  if (!link) return err('unknown');
  if (link.wrong >= MOST_WRONG) return err('denied');
  // Who does not hold the verifier learns nothing else of the link.
  if (hashVerifier(verifier) !== link.challenge) return err('wrong-verifier');
  if (link.state === 'used') return err('used');
  if (link.expiresAt <= now) return err('expired');
  if (link.state === 'denied') return err('denied');
  if (link.state === 'approved') return ok(null);
  return err(now - link.askedAt < LINK_PACE_MS - PACE_SLACK_MS ? 'slow-down' : 'pending');
}

export type DecisionFault = 'unknown' | 'expired' | 'decided';

/** Whether an account may still decide about a link; its own decision once more is the same. */
export function judgeDecision(
  link: Pick<LinkRow, 'state' | 'expiresAt' | 'accountId' | 'wrong'> | null,
  {
    wanted,
    accountId,
    now,
  }: { readonly wanted: 'approved' | 'denied'; readonly accountId: string; readonly now: number },
): Result<'new' | 'same', DecisionFault> {
  if (!link) return err('unknown');
  if (link.expiresAt <= now || link.wrong >= MOST_WRONG) return err('expired');
  if (link.state === 'pending') return ok('new');
  const isSame = link.state === wanted || (link.state === 'used' && wanted === 'approved');
  return isSame && link.accountId === accountId ? ok('same') : err('decided');
}

/** What a machine shows of its verifier beforehand: base64url of its SHA-256, 43 characters. */
export function hashVerifier(verifier: string): string {
  return encodeBase64(sha256(utf8ToBytes(verifier)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

// How a part ended: with what finish, or, where it broke off, whether another home may go on and whose cost it is where none does. Pure.
import { ANSWERS } from '../../schema/answers.ts';
import type { FinishReason } from '../../schema/chunks.ts';
import type { NodeEnd } from '../../schema/frames-to-hub.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { FINISH } from '../../schema/receipt.ts';
import type { FailRecord } from '../../schema/records.ts';
import type { Outcome } from '../../schema/settlement.ts';

export interface PartBreak {
  readonly code: FailRecord['code'];
  readonly isNodeFault: boolean;
  /** The caller was sent something, thinking or text. */
  readonly hasToken: boolean;
  readonly hasThinking: boolean;
  readonly hasText: boolean;
  /** A call of a tool has begun. */
  readonly hasCalls: boolean;
}

export interface BreakVerdict {
  readonly outcome: Outcome;
  /** The edge would go on elsewhere. */
  readonly goesOn: boolean;
}

/**
 * Before the first token nothing is owed and another home may be asked. After it the part is interrupted while the edge would go on
 * elsewhere, and failed where nobody can: as with a text whose thoughts no other home has. It is cut off, which is charged, where the
 * caller's own wish or the job's time ends what a home was giving. Of an answer in one piece nobody has read a call: all of that part is asked for anew, so
 * that nothing of it is owed.
 */
export function judgeBreak(offer: JobOffer, broken: PartBreak): BreakVerdict {
  const { code, isNodeFault, hasToken, hasThinking, hasText, hasCalls } = broken;
  const { isAllOrNothing = false } = ANSWERS[offer.request.kind];
  // Of what is of use only as a whole nothing is owed, and the next home is asked: it is no job's end, and its credit stays held.
  if (!hasToken || isAllOrNothing) return { outcome: 'failed-before-token', goesOn: false };
  const isThoughtOver = hasThinking && (hasText || offer.resume !== null);
  const mayGoOn = offer.isResumable && code !== 'expired' && code !== 'slow';
  if (mayGoOn && hasCalls && !offer.stream) return { outcome: 'failed-before-token', goesOn: false };
  const goesOn = mayGoOn && !isThoughtOver && !hasCalls;
  const by = isNodeFault ? 'node' : 'network';
  if (goesOn) return { outcome: `interrupted-by-${by}`, goesOn };
  return { outcome: !isNodeFault && endsByWish(offer, code) ? 'cut-off' : `failed-by-${by}`, goesOn };
}

/**
 * True where a caller who reads along has set the end itself: no other home is to go on, its own limit has passed, or the hour that a job
 * may take is over. Who waits for a whole answer has read none of it.
 */
function endsByWish({ stream, isResumeOff, wish }: JobOffer, code: FailRecord['code']): boolean {
  return stream && (isResumeOff === true || code === 'expired' || (code === 'slow' && wish.maxFirstTokenMs !== null));
}

/** A receipt's `stop` may have been a filter's, or calls of tools, as the home says beside it. `hasCalls`: it has told some. */
export function tellFinish(
  { work, finish }: NodeEnd,
  { hasCalls, isFunctionCall = false }: { readonly hasCalls: boolean; readonly isFunctionCall?: boolean | undefined },
): FinishReason {
  if (work.finish === FINISH.length) return 'length';
  if (finish !== 'tool_calls') return finish ?? 'stop';
  if (!hasCalls) return 'stop';
  return isFunctionCall ? 'function_call' : 'tool_calls';
}

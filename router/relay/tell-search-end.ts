// Why a search for a home ended without one, as a failure that a caller can be told. Pure.
import type { SearchEnd } from '../placement/home-search.ts';
import type { JobFailure } from './job-doors.ts';
import { describeTooLong, tellContext } from './tell-context.ts';
import type { KnownPrompt } from './tell-context.ts';
import { tellFailure } from './tell-fault.ts';

/** What is told at least, and at most: beyond that a queue tells nothing certain, s. */
const LEAST_TOLD_S = 1;
const MOST_TOLD_S = 600;
/** Where no hub told how long its queue is, ms. */
const UNTOLD_WAIT_MS = 2000;

/** What the job's run has seen. */
export interface SearchStory {
  /** Why the answer broke off that the caller has read some of; null where it has not begun. */
  readonly brokenBy: string | null;
  /** A home or a hub failed on the way. */
  readonly sawFault: boolean;
  /** What the model server of a home that failed said last. */
  readonly reason: string | null;
  /** What homes told that turned the prompt down as too long; null where none did. */
  readonly tooLong: { readonly promptTokens: number | null; readonly contextTokens: number | null } | null;
  /** What is told where a home has refused the request and its word alone does not count; null where none has. */
  readonly doubted?: JobFailure | null;
  readonly prompt: KnownPrompt;
}

/** A prompt that no home's context holds is never a matter of waiting, unless a home with a longer one is busy or has failed. */
export function tellSearchEnd(end: SearchEnd, run: SearchStory): JobFailure {
  const { kind, emptiedBy, retryAfterMs } = end;
  const { brokenBy, tooLong } = run;
  if (brokenBy !== null && tooLong === null)
    return { kind: 'broken', message: `${brokenBy}, and no other home could go on with it` };
  if (brokenBy === null && kind === 'busy') return tellBusy(retryAfterMs);
  if (brokenBy === null && run.doubted && !run.sawFault) return run.doubted;
  if (brokenBy === null && run.sawFault) return { kind: 'failed', message: tellFailure(run.reason) };
  if (tooLong !== null || kind === 'context') {
    const contextTokens = largest(tooLong?.contextTokens ?? null, end.contextTokens);
    const told = { promptTokens: tooLong?.promptTokens ?? null, contextTokens };
    return { kind: 'context', message: tellContext(describeTooLong(told, run.prompt)), param: 'messages' };
  }
  if (kind === 'no-fit' && emptiedBy)
    return { kind, field: emptiedBy, message: `No home that has this model fits 'provider.${emptiedBy}'. Widen it.` };
  const message = 'No home that is online has this model right now. Choose another model, or come back later.';
  return { kind: 'no-home', message, isKnown: end.hasModel };
}

function tellBusy(retryAfterMs: number | null): JobFailure {
  const waitS = Math.ceil((retryAfterMs ?? UNTOLD_WAIT_MS) / 1000);
  const retryAfterS = Math.min(MOST_TOLD_S, Math.max(LEAST_TOLD_S, waitS));
  return { kind: 'busy', message: 'All homes near you that have this model are busy.', retryAfterS };
}

function largest(a: number | null, b: number | null): number | null {
  return a === null ? b : Math.max(a, b ?? 0);
}

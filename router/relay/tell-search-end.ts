// Why a search for a home ended without one, as a failure that a caller can be told. Pure.
import type { SearchEnd } from '../placement/home-search.ts';
import type { JobFailure } from './job-doors.ts';

/** Callers are told to wait this long at least and at most, s. */
const LEAST_WAIT_S = 1;
const MOST_WAIT_S = 30;
/** Where no hub told how long its queue is, ms. */
const UNTOLD_WAIT_MS = 2000;

/** `brokenBy`: why the answer broke off that the caller has read some of, or null; `sawFault`: a home or a hub failed on the way. */
export function tellSearchEnd(
  end: SearchEnd,
  run: { readonly brokenBy: string | null; readonly sawFault: boolean },
): JobFailure {
  if (run.brokenBy !== null)
    return { kind: 'broken', message: `${run.brokenBy}, and no other home could go on with it` };
  const { kind, emptiedBy, retryAfterMs } = end;
  if (kind === 'busy') {
    const waitS = Math.ceil((retryAfterMs ?? UNTOLD_WAIT_MS) / 1000);
    const retryAfterS = Math.min(MOST_WAIT_S, Math.max(LEAST_WAIT_S, waitS));
    const message = `All homes near you that have this model are busy. A place is expected in about ${retryAfterS} s; retry then.`;
    return { kind, message, retryAfterS };
  }
  if (run.sawFault)
    return { kind: 'failed', message: 'The homes that were asked could not answer. Retry in a moment.' };
  if (kind === 'no-fit' && emptiedBy)
    return { kind, field: emptiedBy, message: `No home that has this model fits 'provider.${emptiedBy}'. Widen it.` };
  const message = 'No home that is online has this model right now. Retry later or choose another model.';
  return { kind: 'no-home', message };
}

// Whether a home that broke off may go on with the same answer when it is back, and how long it is waited for. Pure.
import type { FailRecord } from '../../schema/records.ts';
import type { Return } from '../placement/home-search.ts';

/** What is made of a part whose hub says no more: it was lost with all its homes. */
export const LOST_WITH_HUB: FailRecord = {
  code: 'lost',
  message: 'the connection to the home broke',
  delivered: null,
};

/**
 * A home whose line broke has failed nothing, and an agent that lives dials again at once: one that has not come by then was killed or cut off. Where its
 * hub broke all of its homes dial. Null where nobody is waited for: a model server that died, fell silent or answered wrongly, and an owner who has taken
 * the machine back, comes back to no answer that its caller reads now.
 */
export function mayReturn(fail: FailRecord): Return | null {
  if (fail.code !== 'lost') return null;
  return fail === LOST_WITH_HUB ? 'later' : 'soon';
}

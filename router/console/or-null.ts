// Parts of a page that may be away: one that cannot be told leaves its place empty, and blanks nothing else.
import { TIMINGS } from '../../schema/timings.ts';
import { ApiError } from '../errors.ts';
import { makeLog } from '../log.ts';

const log = makeLog('edge');

let waitMs = TIMINGS.pagePartMs;

/** How long each part may take from now on, at this edge. */
export function letPartsTake(ms: number): void {
  waitMs = ms;
}

/** Null where it cannot be told now, which is written down; what the reader may not see, or asked for wrongly, is thrown on. */
export async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => {
    log.warn('page-part-late', { waitMs });
    late.resolve(null);
  }, waitMs);
  try {
    return await Promise.race([asked, late.promise]);
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) throw error;
    log.warn('page-part-not-read', { error });
    return null;
  } finally {
    clearTimeout(timer);
  }
}

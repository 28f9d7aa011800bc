// One of a page's sources that may be away: the page tells the rest.
import { ApiError } from '../../errors.ts';
import { makeLog } from '../../log.ts';

const log = makeLog('edge');

/** Null where it cannot be told now; what the reader may not see is thrown on. */
export async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) throw error;
    log.warn('page-source-away', { error });
    return null;
  }
}

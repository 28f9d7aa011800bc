// Parts of a page that may be away: one that cannot be told leaves its place empty, and blanks nothing else.
import { makeLog } from '../log.ts';

const log = makeLog('edge');

/** Null where it was rejected, which is written down. */
export async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    log.warn('page-part-not-read', { error });
    return null;
  }
}

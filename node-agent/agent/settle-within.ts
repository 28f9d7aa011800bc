// Work that is waited for no longer than so long: a backend that hangs must not hold up a stop.
import { setTimeout as sleep } from 'node:timers/promises';

export async function settleWithin(work: Promise<unknown>, limitMs: number): Promise<void> {
  const limit = new AbortController();
  await Promise.race([work, sleep(limitMs, undefined, { signal: limit.signal })]);
  limit.abort();
}

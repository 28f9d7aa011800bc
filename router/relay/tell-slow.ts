// What a caller is told whose answer ends by its own doing: a limit of patience that was reached while the homes were at work, an answer too long for one piece,
// or that it left. Pure.
import { MAX_FIRST_TOKEN_S } from '../../schema/timings.ts';
import type { JobFailure } from './job-doors.ts';

/** Nobody reads it. */
export const LEFT: JobFailure = { kind: 'failed', message: 'The caller left.' };

/** `limitMs`: how long was waited; `hasText`: for more of an answer that the caller has read some of. */
export function tellSlow(limitMs: number, hasText: boolean): JobFailure {
  const limit = `${limitMs / 1000} s`;
  const remedy = `'provider.max_first_token_s' sets how long is waited, up to ${MAX_FIRST_TOKEN_S} s`;
  if (hasText) return { kind: 'broken', message: `no more of it came within ${limit}; ${remedy}` };
  const message = `No first token within ${limit}: ${remedy}; a shorter prompt or a smaller model answers sooner. You are not charged.`;
  return { kind: 'slow', message };
}

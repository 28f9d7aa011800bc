// What a caller is told whose own limit of patience was reached while the homes were at work. Pure.
import { MAX_FIRST_TOKEN_S } from '../../schema/timings.ts';
import type { JobFailure } from './job-doors.ts';

/** `limitMs`: how long was waited; `hasText`: for more of an answer that the caller has read some of. */
export function tellSlow(limitMs: number, hasText: boolean): JobFailure {
  const limit = `${limitMs / 1000} s`;
  const remedy = `'provider.max_first_token_s' sets how long is waited, up to ${MAX_FIRST_TOKEN_S} s`;
  if (hasText) return { kind: 'broken', message: `no more of it came within ${limit}; ${remedy}` };
  const message = `No first token within ${limit}: ${remedy}; a shorter prompt or a smaller model answers sooner. You are not charged.`;
  return { kind: 'slow', message };
}

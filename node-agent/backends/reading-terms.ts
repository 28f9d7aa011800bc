// What is asked of the answer to a job, for its reader.
import type { ReadingTerms } from './answer-reading.ts';
import type { TextJob } from './backend.ts';

export function readingTermsOf(job: TextJob): ReadingTerms {
  const { maxTokens } = job;
  if (job.kind !== 'chat') return { maxTokens };
  const { topLogprobs = null, parallelToolCalls } = job.wishes ?? {};
  // Servers make more calls than they were asked for: the rest is left out.
  return { maxTokens, topLogprobs, ...(parallelToolCalls === false && { mostCalls: 1 }) };
}

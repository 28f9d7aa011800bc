// A job's answer as one JSON body, for callers who did not ask for a stream.
import type { AnswerFormat } from '../../schema/answers.ts';
import type { WholeAnswer } from '../../schema/chunks.ts';
import type { Result } from '../../schema/result.ts';
import { err, ok } from '../../schema/result.ts';
import type { JobEnd, JobEvent, JobFailure } from './job-doors.ts';
import type { JobRun } from './job-run.ts';

/** What the whole answer was. */
export interface CollectedAnswer {
  readonly whole: WholeAnswer;
  readonly end: JobEnd;
}

/** A whole answer is kept in the edge's memory (128 MB): longer ones are for streams. */
const MAX_ANSWER_CHARS = 16 * 1024 * 1024;

/** Reads a job to its end. Errors: why there is no answer; nothing partial is ever given as whole. */
export async function collectAnswer(
  run: JobRun,
  first: JobEvent,
  { readEvents }: AnswerFormat,
): Promise<Result<CollectedAnswer, JobFailure>> {
  const decoder = new TextDecoder();
  let events = '';
  for (let event = first; ; event = await run.next()) {
    if (event.kind === 'data') {
      events += decoder.decode(event.events, { stream: true });
      if (events.length <= MAX_ANSWER_CHARS) continue;
      run.abort();
      return err({ kind: 'broken', message: 'the answer is too long to be given in one piece; ask for a stream' });
    }
    if (event.kind === 'end') {
      const { promptTokens, outputTokens, thinkingTokens, finish } = event.end;
      const whole = { ...readEvents(events), promptTokens, outputTokens, thinkingTokens, finish };
      return ok({ whole, end: event.end });
    }
    if (event.kind === 'failed') return err(event.failure);
  }
}

// A job's answer as one JSON body, for callers who did not ask for a stream.
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

/** A whole answer is kept in the edge's memory (128 MB for all of them): longer ones are for streams. A million tokens are about as long. */
const MAX_ANSWER_CHARS = 4 * 1024 * 1024;
/** Below this an answer counts as nothing: a usual one is a hundredth of it. */
const SMALL_CHARS = 128 * 1024;

/** How many characters of an answer may be kept. `room`: asked for so many more, beyond a usual answer's; false where too many long answers are kept at once. */
export function makeKeep(room: (chars: number) => boolean): (chars: number) => boolean {
  let kept = SMALL_CHARS;
  return (chars) => {
    const more = chars - kept;
    if (more <= 0) return true;
    kept += more;
    return kept <= MAX_ANSWER_CHARS && room(more);
  };
}

/** Reads a job to its end. Errors: why there is no answer; nothing partial is ever given as whole. */
export async function collectAnswer(run: JobRun, first: JobEvent): Promise<Result<CollectedAnswer, JobFailure>> {
  for (let event = first; ; event = await run.next()) {
    if (event.kind === 'unsaid') {
      const { promptTokens, outputTokens, thinkingTokens, finish } = event.end;
      return ok({ whole: { ...event.said, promptTokens, outputTokens, thinkingTokens, finish }, end: event.end });
    }
    if (event.kind === 'failed') return err(event.failure);
  }
}

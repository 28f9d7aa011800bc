// A job's answer as one JSON body, for callers who did not ask for a stream.
import type { AnswerFormat } from '../../schema/answers.ts';
import type { WholeAnswer } from '../../schema/chunks.ts';
import type { Result } from '../../schema/result.ts';
import { err, ok } from '../../schema/result.ts';
import type { JobEnd, JobEvent, JobFailure } from './job-doors.ts';
import type { JobRun } from './job-run.ts';
import { WholeText } from './whole-text.ts';

/** What the whole answer was. */
export interface CollectedAnswer {
  readonly whole: WholeAnswer;
  readonly end: JobEnd;
}

/** A whole answer is kept in the edge's memory (128 MB for all of them): longer ones are for streams. A million tokens are about as long. */
export const MAX_ANSWER_CHARS = 4 * 1024 * 1024;
/** Below this an answer counts as nothing: a usual one is a hundredth of it. */
const SMALL_CHARS = 128 * 1024;

/**
 * Reads a job to its end. `keep`: asked for room for so many characters more, beyond a usual answer's; false where too many long answers are
 * kept at once. Errors: why there is no answer; nothing partial is ever given as whole.
 */
export async function collectAnswer(
  run: JobRun,
  first: JobEvent,
  { format, keep }: { readonly format: Pick<AnswerFormat, 'readEvents'>; readonly keep: (chars: number) => boolean },
): Promise<Result<CollectedAnswer, JobFailure>> {
  const text = new WholeText(format);
  let kept = SMALL_CHARS;
  for (let event = first; ; event = await run.next()) {
    if (event.kind === 'data') {
      text.add(event.events);
      const more = text.chars - kept;
      if (more <= 0) continue;
      kept += more;
      if (kept <= MAX_ANSWER_CHARS && keep(more)) continue;
      run.abort();
      return err({ kind: 'broken', message: 'the answer is too long to be given in one piece; ask for a stream' });
    }
    if (event.kind === 'end') {
      const { promptTokens, outputTokens, thinkingTokens, finish } = event.end;
      const whole = { ...text.end(), promptTokens, outputTokens, thinkingTokens, finish };
      return ok({ whole, end: event.end });
    }
    if (event.kind === 'failed') return err(event.failure);
  }
}

// What is told of a job's input, and of an answer that is too long, in the words of its kind. Pure.
import { ANSWERS } from '../../schema/answers.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import { INPUT_FIELDS } from '../../schema/job-kinds.ts';
import type { JobFailure } from './job-doors.ts';

const TOO_LONG = 'the answer is too long to be given in one piece, alone or beside others that run';

export function tellTooLong(kind: JobKind): string {
  return `${TOO_LONG}; ${ANSWERS[kind].isAllOrNothing ? 'send less at once' : 'ask for a stream'}`;
}

/** What is told of the input is told of the field that holds it. */
export function nameInput(failure: JobFailure, kind: JobKind): JobFailure {
  const isOfInput = failure.kind === 'prompt' || ('param' in failure && failure.param === 'messages');
  return isOfInput ? { ...failure, param: INPUT_FIELDS[kind] } : failure;
}

// What is told of a failure in the words of its kind of job. Pure.
import { ANSWERS } from '../../schema/answers.ts';
import { INPUT_FIELDS } from '../../schema/job-kinds.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import type { JobFailure } from './job-doors.ts';

/** What is told of the input is told of the field that holds it. */
export function nameInput(failure: JobFailure, kind: JobKind): JobFailure {
  const isOfInput = failure.kind === 'prompt' || ('param' in failure && failure.param === 'messages');
  return isOfInput ? { ...failure, param: INPUT_FIELDS[kind] } : failure;
}

export function tellTooLong(kind: JobKind): string {
  const remedy = ANSWERS[kind].isAllOrNothing ? 'send less at once' : 'ask for a stream';
  return `the answer is too long to be given in one piece; ${remedy}`;
}

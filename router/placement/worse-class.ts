// Of two ways of going on with an answer the less faithful one. Pure.
import { RESUME_CLASSES } from '../../schema/settlement.ts';
import type { ResumeClass } from '../../schema/settlement.ts';

/** `a`: null where one home gave all of it so far. */
export function worseOf(a: ResumeClass | null, b: ResumeClass): ResumeClass {
  if (!a) return b;
  return RESUME_CLASSES.indexOf(a) > RESUME_CLASSES.indexOf(b) ? a : b;
}

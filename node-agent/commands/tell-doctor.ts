// What the doctor found, for people and for exit statuses. Pure.
import { tellIndented, tellFact } from '../fit-text.ts';

/** `skipped`: there was no way to look, because of what an earlier step found. */
export type Outcome = 'good' | 'note' | 'bad' | 'skipped';

export interface Finding {
  /** What was looked at, in a word or two. */
  readonly step: string;
  readonly outcome: Outcome;
  /** What was found, with its number. */
  readonly told: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
}

const MARKS: Readonly<Record<Outcome, string>> = { good: 'ok', note: 'note', bad: 'FAIL', skipped: '-' };
const MARK_COLUMN = 6;
const STEP_COLUMN = 14;

/** One finding, with its remedy under it. */
export function formatFinding({ step, outcome, told, remedy }: Finding): string {
  // The network's gates have names for programs: `in_catalogue`.
  const head = `${MARKS[outcome].padEnd(MARK_COLUMN)}${step.replaceAll('_', ' ').padEnd(STEP_COLUMN)}`;
  const column = head.length;
  const lines = tellFact(head, told, 80, column);
  const todo = remedy === null ? [] : tellIndented(`→ ${remedy}`, column);
  return `${[...lines, ...todo].join('\n')}\n`;
}

/** The last line. */
export function formatVerdict(findings: readonly Finding[]): string {
  const count = (outcome: Outcome): number => findings.filter((one) => one.outcome === outcome).length;
  const [bad, notes] = [count('bad'), count('note')];
  if (bad === 0) return notes === 0 ? 'All is well.\n' : `Nothing is in the way; ${notes} to know of.\n`;
  const first = findings.find(({ outcome }) => outcome === 'bad');
  return `${bad === 1 ? 'One thing is' : `${bad} things are`} in the way. Begin with: ${first?.step.replaceAll('_', ' ') ?? ''}.\n`;
}

/** 0: nothing is in the way; 1: something is. */
export function judgeExit(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ outcome }) => outcome === 'bad') ? 1 : 0;
}

// What an owner writes behind `pause`: now, after-job, 30m, until 07:00. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findTimeOfDay, MINUTES_OF_DAY } from './find-time-of-day.ts';
import { parseDuration } from './parse-duration.ts';

export interface PauseWish {
  readonly forMs: number | null;
  /** ms since epoch. */
  readonly untilAt: number | null;
  readonly when: 'now' | 'after-job';
}

const FORMS = 'Write irori-node pause [now|after-job|30m|1h|until 07:00], or --for 30m.';

/** `words` behind the command, `forText` of --for; times of day are this machine's, from `now` (ms since epoch) on. */
export function parsePause(words: readonly string[], forText: string | null, now: number): Result<PauseWish, string> {
  const said = [...words, ...(forText === null ? [] : [forText])].map((word) => word.toLowerCase());
  const when = said.includes('after-job') ? 'after-job' : 'now';
  const rest = said.filter((word) => word !== 'now' && word !== 'after-job');
  const [first, second, third] = rest;
  if (third !== undefined) return err(`That is more than one length of time. ${FORMS}`);
  if (first === undefined) return ok({ forMs: null, untilAt: null, when });
  if (first === 'until' || first === 'for') return parsePair(first, second, when, now);
  if (second !== undefined) return err(`'${second}' is one word too many. ${FORMS}`);
  // A bare time of day is meant as its end.
  if (MINUTES_OF_DAY.test(first)) return parsePair('until', first, when, now);
  const length = parseDuration(first);
  return length.ok ? ok({ forMs: length.value, untilAt: null, when }) : err(`${length.error} ${FORMS}`);
}

function parsePair(
  word: 'until' | 'for',
  text: string | undefined,
  when: PauseWish['when'],
  now: number,
): Result<PauseWish, string> {
  if (text === undefined) return err(`'${word}' wants a time behind it. ${FORMS}`);
  if (word === 'for') {
    const length = parseDuration(text);
    return length.ok ? ok({ forMs: length.value, untilAt: null, when }) : length;
  }
  const untilAt = findTimeOfDay(text, now, 'next');
  return untilAt === null
    ? err(`'${text}' is no time of day. Write 07:00 or 22:30.`)
    : ok({ forMs: null, untilAt, when });
}

// How many of the slots that a home tells are given jobs: fewer where it has shown that so many at once are too much, more where more ran well. Pure.

/** So many are believed of any home, before anything was seen. */
export const FIRST_TRUSTED = 32;

/** What is believed once so many streams ran at once and had their first words: twice as many. */
export function widen(trusted: number, streams: number): number {
  return Math.max(trusted, 2 * streams);
}

/** What is believed once jobs were too slow for their callers. */
export function narrow(trusted: number): number {
  return Math.max(1, Math.floor(trusted / 2));
}

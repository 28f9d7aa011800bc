// How many of the slots that a home tells are given jobs: as many as it has shown to run at once, twice over, so that a home that claims many and
// can do few is found out by few callers. Pure.

/** So many are believed of any home, before anything was seen. */
const FIRST_TRUSTED = 16;

/** `widest`: the most streams of it that ran at once and had their first words. */
export function trustSlots(told: number, widest: number): number {
  return Math.min(told, Math.max(FIRST_TRUSTED, 2 * widest));
}

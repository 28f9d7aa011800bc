// How many parts a hub settles in one turn: each holds up every stream for half a millisecond, so a few at a time, and more only where many wait. Pure.

const LEAST = 8;
const MOST = 32;
/** What has gathered goes in about so many turns. */
const TURNS = 4;

/** `waiting`: parts that are to be delivered. */
export function chooseBatch(waiting: number): number {
  return Math.min(MOST, Math.max(LEAST, Math.ceil(waiting / TURNS)));
}

// Whether something thrown means that a store could not be reached, so that asking again may help, or a bug, which it does not. Pure.

/** Only what we write ourselves breaks a constraint. */
const BUG = /constraint failed|SQLITE_CONSTRAINT/i;
/** What D1 and objects say of themselves when they, or the way to them, are gone: https://developers.cloudflare.com/d1/observability/debug-d1. */
const AWAY =
  /^D1_|\bD1 (?:DB|is)\b|network connection lost|overloaded|storage (?:caused|operation)|reset because|cannot access storage|internal error; reference/i;
/** Libraries wrap what they pass on. */
const DEPTH = 5;

export function isStoreAway(thrown: unknown): boolean {
  let error = thrown;
  for (let i = 0; i < DEPTH && error instanceof Error; i += 1) {
    if (BUG.test(error.message)) return false;
    if (isMarked(error) || AWAY.test(error.message)) return true;
    error = error.cause;
  }
  return false;
}

/** The platform marks failures of objects that it would try again. */
function isMarked(error: Error): boolean {
  return ('retryable' in error && error.retryable === true) || ('overloaded' in error && error.overloaded === true);
}

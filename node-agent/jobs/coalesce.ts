// When the tokens of one job leave as a frame. Pure: times come in, a due time comes out; nothing here waits or sends.

/** How a job's tokens are gathered. Times in ms of one monotonic clock. */
export interface CoalesceRule {
  /** The longest that a token waits; 0 sends every delta as its own frame. */
  readonly windowMs: number;
  /** Tokens that end the wait early. */
  readonly tokens: number;
  /** Bytes that end the wait at once, whatever the gap. */
  readonly bytes: number;
  /** Frames of one job are at least this far apart, so that a fast stream gets larger frames and not more of them. */
  readonly minGapMs: number;
  /** True when the first token of the job leaves at once. */
  readonly isFirstAtOnce: boolean;
  /** True when the tokens that leave together are one event: nobody reads along, and an event's wrapping is some twenty times its text. */
  readonly isMerged: boolean;
}

/** What waits, and when the last frame left (or the job began). */
interface CoalesceState {
  readonly hasSent: boolean;
  readonly lastSentAt: number;
  readonly tokens: number;
  readonly bytes: number;
}

/** For callers who read along. A window below the usual gap shortens the gap too. */
export function chooseStreamRule(windowMs: number): CoalesceRule {
  return {
    windowMs,
    tokens: 5,
    bytes: 16 * 1024,
    minGapMs: Math.min(20, windowMs),
    isFirstAtOnce: true,
    isMerged: false,
  };
}

/**
 * For callers who wait for the whole answer: few, large frames. One that is made within a second leaves with its `end`. A home that is lost takes a second
 * of its work along at most, and what a hub notes of a long answer lags no further behind.
 */
export const WHOLE_ANSWER_RULE: CoalesceRule = {
  windowMs: 1000,
  tokens: Number.POSITIVE_INFINITY,
  bytes: 32 * 1024,
  minGapMs: 20,
  isFirstAtOnce: false,
  isMerged: true,
};

/** The time from which what waits should leave; a time in the past means now. */
export function decideDueAt(rule: CoalesceRule, state: CoalesceState): number {
  if (rule.windowMs === 0 || state.bytes >= rule.bytes) return state.lastSentAt;
  if (!state.hasSent && rule.isFirstAtOnce) return state.lastSentAt;
  if (state.tokens >= rule.tokens) return state.lastSentAt + rule.minGapMs;
  return state.lastSentAt + rule.windowMs;
}

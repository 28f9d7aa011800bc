// What a call is told whose Idempotency-Key has been used, before it is known what that came to.
import type { RepeatRefusal } from '../billing/hold-answer.ts';
import { ApiError } from '../errors.ts';

type Ran = Extract<RepeatRefusal, { reason: 'repeat' }>;

const RUNS =
  'The call that this Idempotency-Key stands for is still running. Ask again under the same key: once it has ended you are told what it came to.';
const REUSED =
  'This Idempotency-Key was sent with another request to this endpoint within the last 24 hours. Send each request under a key of its own.';
const FULL =
  'Too many Idempotency-Keys within an hour: an account has 100,000. Send fewer, or leave them out of calls that may run twice.';
/** Official clients ask again by themselves after so long, and each time they wait at the router for a while. */
const RETRY_AFTER_S = 5;
const FULL_RETRY_AFTER_S = 600;
const REPEAT_PARAM = 'Idempotency-Key';

/** It holds what the call ran as; where that still runs it is what the caller is told. */
export class RepeatedCall extends ApiError {
  readonly repeat: Ran;

  constructor(repeat: Ran) {
    super('idempotency_key_in_use', RUNS, { param: REPEAT_PARAM, retryAfterS: RETRY_AFTER_S });
    this.repeat = repeat;
  }
}

/** The call that makes what the key stands for is not over. */
export function refuseRunning(): ApiError {
  return new ApiError('idempotency_key_in_use', RUNS, { param: REPEAT_PARAM, retryAfterS: RETRY_AFTER_S });
}

/** The key stands for another body. Asking again by itself is of no use. */
export function refuseReuse(): ApiError {
  const headers = { 'x-should-retry': 'false' };
  return new ApiError('idempotency_key_reused', REUSED, { param: REPEAT_PARAM, headers });
}

export function refuseRepeat(refusal: RepeatRefusal): ApiError {
  switch (refusal.reason) {
    case 'repeat':
      return new RepeatedCall(refusal);
    case 'repeat-other':
      return refuseReuse();
    case 'repeats-full':
      return new ApiError('rate_limit_exceeded', FULL, { param: REPEAT_PARAM, retryAfterS: FULL_RETRY_AFTER_S });
  }
}

// Whether a running part is waited for: a home that tells that it lives is waited for as long as the caller lets it be, one that has stopped
// telling is lost within seconds, and of one that never tells nothing is known but when it spoke last. Pure.
import type { JobOffer } from '../../schema/offer.ts';
import { stretchPatience } from '../../schema/timings.ts';
import type { Timings } from '../../schema/timings.ts';

/** What was heard of a part's home, ms. */
export interface Heard {
  readonly startedAt: number;
  /** Its head, or the last of its answer. */
  readonly lastAt: number;
  /** Its last `alive`; null while it has sent none, as agents that do not know the frame never do. */
  readonly aliveAt: number | null;
  /** Its last `alive` that told of something its model server had sent: thinking that it hides, how far it is. */
  readonly movedAt: number | null;
  readonly hasToken: boolean;
}

/** What is waited for. */
export interface Patience {
  readonly offer: Pick<JobOffer, 'firstTokenMs' | 'maxFirstTokenMs' | 'mostFirstTokenMs' | 'maxSilenceMs'>;
  readonly timings: Pick<Timings, 'aliveMs' | 'tokenMs'>;
  /** The first token, as it was forecast. */
  readonly expectedMs: number;
}

/** 'lost': the home is gone or frozen. 'slow': it works, and the caller's limit is reached: nobody's fault. */
export function judgeSilence(heard: Heard, patience: Patience, now: number): 'wait' | 'lost' | 'slow' {
  const { offer, expectedMs } = patience;
  const { startedAt, lastAt, movedAt, hasToken } = heard;
  if (isLost(heard, patience, now)) return 'lost';
  const firstMs = stretchPatience(offer.maxFirstTokenMs, { expectedMs, mostMs: offer.mostFirstTokenMs });
  const waitedMs = now - (hasToken ? lastAt : startedAt);
  // What moves is worth the longest wait.
  const moves = movedAt !== null && now - movedAt <= patience.timings.tokenMs;
  const usualMs = hasToken ? offer.maxSilenceMs : firstMs;
  const isSlow = waitedMs > (moves ? Math.max(usualMs, offer.mostFirstTokenMs) : usualMs);
  return isSlow ? 'slow' : 'wait';
}

function isLost({ lastAt, aliveAt, hasToken }: Heard, { offer, timings, expectedMs }: Patience, now: number): boolean {
  if (aliveAt !== null) return now - Math.max(aliveAt, lastAt) > timings.aliveMs;
  const firstMs = stretchPatience(offer.firstTokenMs, { expectedMs, mostMs: Infinity });
  const limitMs = hasToken ? timings.tokenMs : firstMs;
  return now - lastAt > limitMs;
}

// What one hub is asked for a job's next part: what is the same for all of them, the answer so far, and who is not to be asked again. Pure.
import type { AnswerBefore, JobOffer } from '../../schema/offer.ts';
import type { ResumeClass } from '../../schema/settlement.ts';
import type { HubAsk } from '../placement/home-search.ts';
import type { AnswerSoFar } from './answer-so-far.ts';
import type { DeliveredParts } from './delivered-parts.ts';
import type { JobBase } from './job-doors.ts';

export interface NextPart {
  readonly ask: HubAsk;
  readonly part: number;
  /** How long the hub may let it wait for its turn, and the caller for its first token, ms. */
  readonly waitMs: number;
  readonly leftMs: number;
  /** What is left of the longest that it waits for the first token of a home that is expected to take long. */
  readonly mostLeftMs: number;
  readonly attempt: number;
  readonly least: ResumeClass | null;
  readonly firstDigest: string | null;
  readonly firstTokenMs: number;
  readonly isResumable: boolean;
  readonly isSuspect: boolean;
  readonly delivered: Pick<DeliveredParts, 'settled' | 'unsettled' | 'booked' | 'paidTokens' | 'hasCharged'>;
  /** Of all parts so far. */
  readonly resumed: ResumeClass | null;
  readonly ttftMs: number | null;
  /** Since the call, ms. */
  readonly elapsedMs: number;
  readonly search: {
    readonly excludedNodes: readonly string[];
    readonly avoidedOwners: readonly string[];
    readonly leastPromptTokens: number;
  };
}

/** By so much a home's count may fall short of what its text surely comes to; beyond that the next home's reading of it is charged. */
const COUNTS_DIFFER = 1.25;
const FEW_TOKENS = 32;

export function makeOffer(base: JobBase, so: AnswerSoFar, next: NextPart): JobOffer {
  const { request, promptBound, promptExact, size } = base;
  const { ask, search, delivered } = next;
  const interrupted = delivered.settled.length;
  const resume = so.hasText && next.least ? so.toResumePoint(next.firstDigest ?? '', next.least) : null;
  const before = resume?.count ?? 0;
  const { paidTokens } = delivered;
  const isPaid = delivered.hasCharged(size.leastPromptTokens ?? 0) && before <= paidTokens * COUNTS_DIFFER + FEW_TOKENS;
  return {
    ...base,
    request: { ...request, maxTokens: request.maxTokens - so.tokens },
    promptBound: promptBound + before,
    promptExact: promptExact === null ? null : promptExact + before,
    size: {
      ...size,
      promptTokens: size.promptTokens + before,
      leastPromptTokens: Math.max((size.leastPromptTokens ?? 0) + before, search.leastPromptTokens),
    },
    part: next.part,
    attempt: next.attempt,
    preferNodeId: ask.preferNodeId,
    excludeNodeIds: search.excludedNodes,
    avoidOwners: search.avoidedOwners,
    firstTokenMs: next.firstTokenMs,
    maxFirstTokenMs: next.leftMs,
    mostFirstTokenMs: next.mostLeftMs,
    edgeRttMs: ask.edgeRttMs,
    asks: ask.asks,
    isForced: ask.isForced,
    waitMs: Math.min(next.waitMs, next.leftMs),
    isResumeOff: next.least === null,
    isResumable: next.isResumable,
    isSuspect: next.isSuspect,
    interrupted,
    chargePrompt: base.isPromptShared !== true && (interrupted === 0 || (base.priceIn > 0 && !isPaid)),
    isBegun: so.isBegun,
    resume,
    elapsedMs: next.elapsedMs,
    ...(next.attempt > 1 && { before: tellBefore(next) }),
    ...(resume && base.priceOut > 0 && { resumePaid: paidTokens }),
  };
}

function tellBefore({ delivered, resumed, ttftMs }: NextPart): AnswerBefore {
  const { settled, unsettled, booked } = delivered;
  return { settled, unsettled, resumed, ttftMs, ...(booked > 0 && { booked }) };
}

// What one hub is asked for a job's next part: what is the same for all of them, the answer so far, and who is not to be asked again. Pure.
import type { JobOffer } from '../../schema/offer.ts';
import type { ResumeClass } from '../../schema/settlement.ts';
import type { HubAsk } from '../placement/home-search.ts';
import type { AnswerSoFar } from './answer-so-far.ts';
import type { JobBase } from './job-doors.ts';

export interface NextPart {
  readonly ask: HubAsk;
  readonly part: number;
  /** How long the hub may let it wait for its turn, and the caller for its first token, ms. */
  readonly waitMs: number;
  readonly leftMs: number;
  readonly attempt: number;
  readonly least: ResumeClass | null;
  readonly firstDigest: string | null;
  readonly firstTokenMs: number;
  readonly isResumable: boolean;
  readonly isSuspect: boolean;
  /** Parts that delivered something and were settled. */
  readonly interrupted: number;
  /** One of them charges the prompt. */
  readonly isPromptCharged: boolean;
  readonly search: {
    readonly excludedNodes: readonly string[];
    readonly avoidedOwners: readonly string[];
    readonly leastPromptTokens: number;
  };
}

export function makeOffer(base: JobBase, so: AnswerSoFar, next: NextPart): JobOffer {
  const { request, promptBound, promptExact, size } = base;
  const { ask, search, interrupted, isPromptCharged } = next;
  const resume = so.hasText && next.least ? so.toResumePoint(next.firstDigest ?? '', next.least) : null;
  const before = resume?.count ?? 0;
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
    edgeRttMs: ask.edgeRttMs,
    asks: ask.asks,
    isForced: ask.isForced,
    waitMs: Math.min(next.waitMs, next.leftMs),
    isResumeOff: next.least === null,
    isResumable: next.isResumable,
    isSuspect: next.isSuspect,
    interrupted,
    chargePrompt: interrupted === 0 || (base.priceIn > 0 && !isPromptCharged),
    isBegun: so.isBegun,
    resume,
  };
}

// The last events of an answer, as its caller reads them: finish reason, usage and facts of all parts of the job, and the terminator. The hub of the last
// part writes them, since it alone knows the bill the moment that it stands; the offer carries what earlier parts delivered. Pure.
import { encodeLastEvents } from '../../schema/answers.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { EndRecord, HeadRecord } from '../../schema/records.ts';
import { sumUpAnswer } from '../billing/sum-up-answer.ts';
import { listEnergies, tellEnergy } from '../billing/tell-energy.ts';
import { tellFacts, tellFinal } from '../placement/tell-facts.ts';
import { worseOf } from '../placement/worse-class.ts';

export interface LastPart {
  readonly head: HeadRecord;
  readonly end: EndRecord;
  /** What the caller was given of this part. */
  readonly hasText: boolean;
  readonly hasThinking: boolean;
}

export function makeLastEvents(offer: JobOffer, { head, end, hasText, hasThinking }: LastPart): Uint8Array {
  const { jobId, part, attempt, before = NOTHING_BEFORE, request, chunk, isBegun, resume } = offer;
  const counts = sumUpAnswer(before, end);
  const resumed = head.resumed ? worseOf(before.resumed, head.resumed) : before.resumed;
  const facts = tellFacts({ jobId, part, attempts: attempt, head, resumed, payment: offer.payment });
  const { finish, receiptHash } = end;
  const energy = tellEnergy(listEnergies([...before.settled, end], before.unsettled.outputTokens), offer.methodUrl);
  return encodeLastEvents(request.kind, chunk, {
    finish,
    counts,
    facts: tellFinal(facts, { ttftMs: tellTtft(offer, head, end), ...counts, receiptHash, energy }),
    includeUsage: offer.includeUsage === true,
    role: !isBegun && !hasText && !hasThinking,
    isEmpty: !hasText && resume === null,
  });
}

/** As the caller counts it: from its call, what it waited in line and the way to its edge among it. */
function tellTtft(
  { before, elapsedMs = 0, edgeRttMs }: JobOffer,
  { decision }: HeadRecord,
  end: EndRecord,
): number | null {
  if (before?.ttftMs !== undefined && before.ttftMs !== null) return before.ttftMs;
  if (end.ttftMs === null) return null;
  return Math.round(elapsedMs + (decision.queuedMs ?? 0) + end.ttftMs + edgeRttMs);
}

const NOTHING_BEFORE = {
  settled: [],
  unsettled: { outputTokens: 0, thinkingTokens: 0 },
  resumed: null,
  ttftMs: null,
} as const;

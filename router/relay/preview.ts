// Where a job would go now: the hubs are asked one after another as for a real one, and none of them holds, sends or notes anything.
import type { JobOffer, OfferPreview } from '../../schema/offer.ts';
import type { HomeSearch, HubAsk } from '../placement/home-search.ts';
import { makeLog } from '../log.ts';
import { AnswerSoFar } from './answer-so-far.ts';
import type { JobBase, JobFailure } from './job-doors.ts';
import { makeOffer } from './make-offer.ts';
import { tellSearchEnd } from './tell-search-end.ts';

const log = makeLog('relay');

/** Hubs that are asked at most: a search for a real job ends by itself, and sooner as a rule. */
const MOST_ASKS = 16;

export interface PreviewDoors {
  readonly search: HomeSearch;
  /** Rejects when the hub cannot be asked. */
  readonly askHub: (hub: string, offer: JobOffer) => Promise<OfferPreview>;
}

/** The home that would take the job's first part, or why none would now. */
export type Preview =
  | { readonly ok: true; readonly home: Extract<OfferPreview, { kind: 'grant' }>; readonly hub: string }
  | { readonly ok: false; readonly failure: JobFailure };

export async function previewJob(base: JobBase, { search, askHub }: PreviewDoors): Promise<Preview> {
  let sawFault = false;
  for (let asks = 0; asks < MOST_ASKS; asks++) {
    const ask = await search.next();
    // Whose turn it would be is not waited for: that it would have to wait is the answer.
    if (!ask || ask.isWaiting) break;
    try {
      const told = await askHub(ask.hub, toOffer(base, ask, search));
      if (told.kind === 'grant') return { ok: true, home: told, hub: ask.hub };
      if (told.refusal.code === 'busy') search.noteBusy(ask, told.refusal);
      else search.noteNone(ask, told.refusal);
    } catch (error) {
      log.warn('hub-away', { jobId: base.jobId, hub: ask.hub, error });
      sawFault = true;
      search.noteNone(ask, null);
    }
  }
  const { promptExact, size } = base;
  const prompt = { exact: promptExact, least: size.leastPromptTokens ?? 0, expected: size.promptTokens };
  const story = { brokenBy: null, sawFault, reason: null, tooLong: null, prompt };
  return { ok: false, failure: tellSearchEnd(search.end, story) };
}

function toOffer(base: JobBase, ask: HubAsk, search: HomeSearch): JobOffer {
  return makeOffer(base, new AnswerSoFar(), {
    ask,
    part: 0,
    waitMs: 0,
    leftMs: 0,
    mostLeftMs: 0,
    attempt: 1,
    least: null,
    firstDigest: null,
    firstTokenMs: 0,
    isResumable: false,
    isSuspect: false,
    delivered: {
      settled: [],
      unsettled: { outputTokens: 0, thinkingTokens: 0 },
      booked: 0,
      paidTokens: 0,
      hasCharged: () => false,
    },
    resumed: null,
    ttftMs: null,
    elapsedMs: 0,
    search: {
      excludedNodes: search.excludedNodes,
      avoidedOwners: search.avoidedOwners,
      leastPromptTokens: search.leastPromptTokens,
    },
  });
}

// What an edge asks of a hub: one part of a job, for one home "or its equal", and how a hub says no.
import type { ChunkHead, PaymentTold } from './chunks.ts';
import type { Hex } from './bytes.ts';
import type { FeeSchedule } from './fee-schedule.ts';
import type { OpenRequest } from './job-request.ts';
import type { Place } from './places.ts';
import type { Capacity, Decision, JobSize, Wish, WishField } from './placement.ts';
import type { Price } from './prices.ts';
import type { OutputCounts, PartCounts } from './records.ts';
import type { ResumeClass } from './settlement.ts';

/** Everything a hub needs to place, sign, relay and settle a part; written by our own edge. */
export interface JobOffer {
  readonly jobId: string;
  /** Of the caller's call, for the operator's log; a test's own offer may have none. */
  readonly requestId?: string;
  readonly part: number;
  /** Which attempt of the job this is, from 1. */
  readonly attempt: number;
  readonly accountId: string;
  readonly keyId: string;
  /** The catalogue's id or the name of one of the caller's own models. */
  readonly model: string;
  /** Digests that count as the catalogue model; null for the caller's own. */
  readonly digests: readonly string[] | null;
  readonly preferNodeId: string | null;
  readonly excludeNodeIds: readonly string[];
  /** Owners whose homes have turned this job down or failed it: their other homes come after everybody else's. */
  readonly avoidOwners?: readonly string[];
  readonly place: Place;
  readonly wish: Wish;
  readonly size: JobSize;
  /** Edge to hub and back, as the edge measured or expects it. */
  readonly edgeRttMs: number;
  /** How many hubs have been asked for this part, this one included. */
  readonly asks: number;
  /** True for the last ask: the hub has to grant its best home, even if that home breaks the promise. */
  readonly isForced: boolean;
  /** How long the hub may let this ask wait for a slot where every home is full, ms; 0: it answers at once. Such an ask is a forced one. */
  readonly waitMs: number;
  /** Chained hashes of the prompt's leading blocks, longest last: who was sent them may still hold them. */
  readonly prefixes: readonly string[];
  /** True while the edge would go on elsewhere if this part broke off after tokens. */
  readonly isResumable: boolean;
  /** The caller wants no other home to go on: it pays for what it has read where the answer breaks off by no fault of its home. */
  readonly isResumeOff?: boolean;
  /** Another home's model server has failed on this job before its first token: a second failure is the request's, and no home's. */
  readonly isSuspect?: boolean;
  /** Nobody pays for it, and its account has no credit: on homes of others those who pay, and their owners, go first. */
  readonly isGuest?: boolean;
  /** What tells that a home belongs together with the caller (auth/make-kin.ts). */
  readonly kin?: readonly string[];
  /** Earlier parts that delivered something. */
  readonly interrupted: number;
  /** True once the caller was sent something: thinking, where the answer is begun anew all the same. Nobody tells it the role again. */
  readonly isBegun: boolean;
  /** The answer so far, where this part continues one; null for a part that begins it. */
  readonly resume: ResumePoint | null;
  /** Tokens of it that the caller pays as output, or that were lost with a hub; where left out all of them. Of the rest the prompt is charged. */
  readonly resumePaid?: number;
  readonly request: OpenRequest;
  /** Of the request as JSON; a test's own offer may not say. */
  readonly requestBytes?: number;
  readonly requestHash: Hex;
  readonly salt: Hex;
  readonly chunk: ChunkHead;
  readonly stream: boolean;
  /** The caller reads the usage in a chunk of its own. */
  readonly includeUsage?: boolean;
  /** What the caller is told at the end of all parts before this one; where left out this part begins the answer. */
  readonly before?: AnswerBefore;
  /** What the caller of a call that is paid for by itself is told of its payment. */
  readonly payment?: PaymentTold;
  /** Where its router tells how the energy of an answer is known; left out the caller is told the path alone. */
  readonly methodUrl?: string;
  /** From the caller's call to this ask, ms by the edge's clock. */
  readonly elapsedMs?: number;
  readonly chargePrompt: boolean;
  /** At most: a home may sell it for less, but not below the least, units per million tokens. */
  readonly priceIn: number;
  readonly priceOut: number;
  readonly leastPriceIn?: number;
  readonly leastPriceOut?: number;
  /** What the network takes of the charge, by the epoch of the part's ticket; left out where no vote has changed it. */
  readonly fees?: FeeSchedule;
  /** Prompt tokens at most, by bytes; and exactly, where the tokenizer is known. */
  readonly promptBound: number;
  readonly promptExact: number | null;
  readonly tokenizer: string | null;
  readonly minBytesPerToken: number;
  /** A first token at the latest, of a home that gives no sign of life. */
  readonly firstTokenMs: number;
  /** The caller's limit: how long one that lives is waited for between two tokens, and what is left of it for the first. */
  readonly maxSilenceMs: number;
  readonly maxFirstTokenMs: number;
  /** How far that for the first may grow with what a home is expected to take; the caller's own limit does not grow. */
  readonly mostFirstTokenMs: number;
  readonly expiresAt: number;
}

/** What of an offer decides which home gets it. */
export type PlacedOffer = Pick<
  JobOffer,
  | 'accountId'
  | 'model'
  | 'digests'
  | 'preferNodeId'
  | 'excludeNodeIds'
  | 'avoidOwners'
  | 'place'
  | 'wish'
  | 'size'
  | 'edgeRttMs'
  | 'isForced'
  | 'resume'
  | 'priceIn'
  | 'priceOut'
  | 'leastPriceIn'
  | 'leastPriceOut'
>;

/** What the parts before this one add to the last events, which the last part's hub writes. */
export interface AnswerBefore {
  /** As their hubs have settled them; by frames, of those that no hub has. */
  readonly settled: readonly PartCounts[];
  readonly unsettled: OutputCounts;
  /** Units that are charged in any case, for a part whose hub had settled it as complete and was lost with its last words. */
  readonly booked?: number;
  /** The least faithful way in which the answer has gone on. */
  readonly resumed: ResumeClass | null;
  /** From the call to the first of the answer; null where the caller has nothing of it yet. */
  readonly ttftMs: number | null;
}

/** The answer so far, for the home that goes on with it. */
export interface ResumePoint {
  readonly text: string;
  /** Every token so far, where all homes told them. */
  readonly tokenIds: readonly number[] | null;
  readonly count: number;
  /** Digest of the weights that began the answer; a home with the same is preferred. */
  readonly digest: string;
  /** The least faithful way of going on that the caller takes. */
  readonly least: ResumeClass;
}

/** Why a hub did not take a part. After `none` the hub, after `silent` the home is not asked again; `bad-request` is the caller's fault where another owner's home says so too. */
export interface OfferRefusal {
  readonly code: 'busy' | 'none' | 'silent' | 'refused' | 'bad-request';
  readonly nodeId: string | null;
  readonly message: string;
  readonly param: string | null;
  /** Of the home that did not take it: its owner, and its own words, cleaned. */
  readonly ownerAccountId?: string | null;
  readonly reason?: string | null;
  /** What is free at this hub for this model right now; null where it has not looked. */
  readonly capacity: Capacity | null;
  /** For `busy`: the score in ms of the best home here, were it forced; null when all are full. */
  readonly quoteMs: number | null;
  /** For `busy`: when trying again may succeed, from the live queue: what runs, and who waits. */
  readonly retryAfterMs: number | null;
  /** For `none`: the wish that left no home. */
  readonly emptiedBy: WishField | null;
  /** For `none`: the longest context among homes here that would do but for the prompt's length; null where there is none. */
  readonly contextTokens: number | null;
  /** For `none`: true where homes here have the model, and none of them may or can take the part; else what the edge has read of this hub is old. */
  readonly isServed?: boolean;
}

/** What a hub would do with an offer now: nothing is held, sent or noted. */
export type OfferPreview =
  | {
      readonly kind: 'grant';
      readonly nodeId: string;
      readonly country: string;
      readonly digest: string;
      readonly quantisation: string;
      readonly isOwn: boolean;
      readonly price: Price;
      readonly decision: Decision;
    }
  | {
      readonly kind: 'declined';
      readonly refusal: Pick<
        OfferRefusal,
        'code' | 'quoteMs' | 'retryAfterMs' | 'emptiedBy' | 'contextTokens' | 'isServed'
      >;
    };

/** Bytes a second at which a home at least takes a job in: who needs longer for a large one is left. */
const LEAST_BYTES_PER_S = 128 * 1024;

/** How long a home may take to read so much of a request, ms. */
export function sendingMs(requestBytes: number): number {
  return Math.ceil((requestBytes / LEAST_BYTES_PER_S) * 1000);
}

/** Header of an ask: `requestBytes`, so that a hub which has no room for it need not read it. */
export const BYTES_HEADER = 'x-irori-bytes';
/** Header of a granted part: its HeadRecord as JSON. */
export const HEAD_HEADER = 'x-irori-head';
/** Header of a granted part: the hub's Capacity as JSON. */
export const CAPACITY_HEADER = 'x-irori-capacity';
/** Header of a granted part: the speed class of its home, one of whose slots is free again when the part ends. */
export const CLASS_HEADER = 'x-irori-class';
/** Header of a granted part: the account of its home's owner. */
export const OWNER_HEADER = 'x-irori-owner';
/** Header of a granted part: samplers of the request that its home's server does not take, with commas; absent where it takes all. */
export const LACKING_HEADER = 'x-irori-lacking';
/** Header of a granted part: '1' where the word of its home on a request counts, since it answers what it is given. */
export const VOICE_HEADER = 'x-irori-voice';
/** The body's type where ids of tokens stand before each piece of it (told-events.ts); else it is what the caller reads. */
export const TOLD_TYPE = 'application/x-irori-told';
/** Header of every answer to an ask: ms that the hub took itself, so that the edge learns the way there and back. */
export const TOOK_HEADER = 'x-irori-took-ms';

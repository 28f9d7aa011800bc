// What one job's run at the edge needs of the other rooms, and what it tells: types only.
import type { AnswerText } from '../../schema/chunks.ts';
import type { Capacity, WishField } from '../../schema/placement.ts';
import type { TokensEnergy } from '../../schema/energy-told.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { EndRecord, HeadRecord, PartTold } from '../../schema/records.ts';
import type { Timings } from '../../schema/timings.ts';
import type { HomeSearch } from '../placement/home-search.ts';
import type { CallClock } from './call-clock.ts';
import type { PartRest } from './part-body.ts';

/** What is the same for every part of a job. */
export type JobBase = Omit<
  JobOffer,
  | 'part'
  | 'attempt'
  | 'preferNodeId'
  | 'excludeNodeIds'
  | 'avoidOwners'
  | 'firstTokenMs'
  | 'maxFirstTokenMs'
  | 'edgeRttMs'
  | 'asks'
  | 'isForced'
  | 'waitMs'
  | 'isResumable'
  | 'isResumeOff'
  | 'isSuspect'
  | 'interrupted'
  | 'resume'
  | 'isBegun'
  | 'chargePrompt'
  | 'before'
  | 'elapsedMs'
> & {
  /** Another answer of the same call charges the prompt: it is the same one. */
  readonly isPromptShared?: boolean;
};

export interface JobDoors {
  readonly timings: Timings;
  readonly clock: CallClock;
  readonly search: HomeSearch;
  readonly askHub: (hub: string, offer: JobOffer, signal: AbortSignal) => Promise<Response>;
  /** How a part broke off, by its hub; null where it does not know. */
  readonly tellPart: (hub: string, part: number) => Promise<PartTold | null>;
  /** False where a whole answer of so many characters is too long to be kept. */
  readonly keep: (chars: number) => boolean;
  readonly noteCapacity: (hub: string, capacity: Capacity) => void;
  /** A part has ended: a slot of a home of this speed class is free again. */
  readonly noteFreed: (hub: string, speedClass: string) => void;
  readonly noteRtt: (hub: string, ms: number) => void;
  /** Another home has failed on this job like the one that its hub counted a fault of: the fault was the request's. */
  readonly forgive: (hub: string, nodeId: string, jobId: string) => void;
  /** Another home has answered this job, of which this home said that nobody can. */
  readonly contradict: (hub: string, nodeId: string, jobId: string) => void;
}

/** Why a job could not be answered, in the caller's terms. */
export type JobFailure =
  | { readonly kind: 'failed'; readonly message: string }
  /** `isKnown`: some home is known to have the model, so that waiting may help. */
  | { readonly kind: 'no-home'; readonly message: string; readonly isKnown: boolean }
  /** The model servers of two homes failed on it before the first token. */
  | { readonly kind: 'prompt'; readonly message: string; readonly param?: string | null }
  | { readonly kind: 'slow'; readonly message: string }
  | { readonly kind: 'busy'; readonly message: string; readonly retryAfterS: number }
  | {
      readonly kind: 'no-fit';
      readonly message: string;
      readonly field: WishField;
      /** Homes that have the model and do not fit, where that is known; and its name. */
      readonly homes?: number;
      readonly model?: string;
    }
  | { readonly kind: 'bad-request' | 'context'; readonly message: string; readonly param: string | null }
  /** `isCharged`: the caller's own wish, or the job's time, ended it, and what was sent of it is charged. */
  | { readonly kind: 'broken'; readonly message: string; readonly isCharged?: boolean };

/** How the whole answer ended, with what is told and charged for all its parts. */
export interface JobEnd extends Omit<EndRecord, 'bill' | 'energy'> {
  /** Of all its parts. */
  readonly energies?: readonly TokensEnergy[];
  /** Units. */
  readonly charge: number;
}

export type JobEvent =
  | { readonly kind: 'head'; readonly head: HeadRecord }
  /** The caller is to be given a part: piped to its end before the next event is asked for. */
  | {
      readonly kind: 'body';
      readonly pipe: (to: WritableStream<Uint8Array>) => Promise<PartRest>;
      /** It begins with an event, and no comment. */
      readonly beginsWithEvent: boolean;
    }
  /** The caller has all of it; `outputTokens`: of the whole answer, null where that is not known. */
  | { readonly kind: 'end'; readonly outputTokens: number | null }
  /** All of it but the last word, which is the edge's to write; `said`: of all homes. */
  | { readonly kind: 'unsaid'; readonly end: JobEnd; readonly said: AnswerText }
  | { readonly kind: 'failed'; readonly failure: JobFailure };

/** How a job ended where no hub has the last word, for the caller's account. */
export interface JobClosing {
  /** Parts that delivered something and were settled as interrupted. */
  readonly interrupted: number;
  /** True when they are charged: the caller has the whole answer, or left on their own account. */
  readonly isCharged: boolean;
}

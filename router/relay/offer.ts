// What an edge asks of a hub: one part of a job, for one home "or its equal", and how a hub says no.
import type { ChunkHead } from '../../schema/chunks.ts';
import type { Hex } from '../../schema/bytes.ts';
import type { JobRequest } from '../../schema/frames-to-node.ts';
import type { Place } from '../../schema/places.ts';

/** Everything a hub needs to place, sign, relay and settle a part; written by our own edge. */
export interface JobOffer {
  readonly jobId: string;
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
  readonly place: Place;
  readonly request: Omit<JobRequest, 'model'>;
  readonly requestHash: Hex;
  readonly salt: Hex;
  readonly chunk: ChunkHead;
  readonly stream: boolean;
  readonly chargePrompt: boolean;
  readonly priceIn: number;
  readonly priceOut: number;
  /** Prompt tokens at most, by bytes; and exactly, where the tokenizer is known. */
  readonly promptBound: number;
  readonly promptExact: number | null;
  readonly tokenizer: string | null;
  readonly minBytesPerToken: number;
  readonly firstTokenMs: number;
  readonly expiresAt: number;
}

/** Why a hub did not take a part. `none` and `silent` exclude; `bad-request` is the caller's and is never tried elsewhere. */
export interface OfferRefusal {
  readonly code: 'busy' | 'none' | 'silent' | 'refused' | 'bad-request';
  readonly nodeId: string | null;
  readonly message: string;
  readonly param: string | null;
  /** Slots free at this hub for this model right now. */
  readonly free: number;
}

/** How long a home has to answer `head`. */
export const HEAD_TIMEOUT_MS = 1000;
/** Silence between tokens after which a home is taken for lost. */
export const TOKEN_TIMEOUT_MS = 20_000;
/** How long a cancelled home has to send its receipt before the part is settled without it. */
export const END_TIMEOUT_MS = 2000;

// The words that edge, hub and placement share: what a caller wishes of a home, what is known of a home, and what was decided.
import * as z from 'zod';
import type { Need, Sampler } from './needs.ts';
import type { Place } from './places.ts';

/** How one home is chosen among those that keep the promise. */
export const MODES = ['closest', 'fairest', 'fastest', 'cheapest', 'greenest'] as const;
export type Mode = (typeof MODES)[number];

/** Which homes a caller lets answer. `mine-first` takes the caller's own while one has a free slot, else the public. */
export type PoolWish =
  | { readonly kind: 'public' | 'mine' | 'mine-first' }
  /** A pool that the caller is a member of, by its id. */
  | { readonly kind: 'pool'; readonly id: string };

/** The name under which a home that lends itself to everyone stands among its pools. */
export const PUBLIC_POOL = 'public';

/** What a caller wishes of the home that answers; every field has a neutral value that empties no list. */
export interface Wish {
  readonly mode: Mode;
  readonly pool: PoolWish;
  /** Node ids to ask first, in this order. */
  readonly order: readonly string[];
  /** Node ids; null for any. */
  readonly only: readonly string[] | null;
  readonly ignore: readonly string[];
  /** False: only the homes of `order` (or the single best one where it is empty) are asked. */
  readonly allowFallbacks: boolean;
  /** Lower-case names of quantisations; null for any. */
  readonly quantisations: readonly string[] | null;
  /** ISO 3166-1 alpha-2; null for any. */
  readonly countries: readonly string[] | null;
  readonly maxRttMs: number | null;
  /** Units per million tokens; null for any. */
  readonly maxPriceIn: number | null;
  readonly maxPriceOut: number | null;
  /** The promise: first token at most this late, and a stream at least this fast. */
  readonly maxTtftMs: number;
  readonly minTokensPerS: number;
  /** How long it may wait for its turn where every home is full: the latency that the caller states; null for the network's own. */
  readonly maxWaitMs: number | null;
  /** How long a home that lives is waited for; null for the model's own limit. */
  readonly maxFirstTokenMs: number | null;
  /** What the request needs of its model; found in it, never said. */
  readonly needs: readonly Need[];
  /** Samplers that the home's server has to take; empty unless nothing may be left out. */
  readonly samplers: readonly Sampler[];
  /** Nothing that the caller wrote may be left out. */
  readonly requireParameters: boolean;
}

const PROMISE_TTFT_MS = 800;
const PROMISE_TOKENS_PER_S = 30;

export const NO_WISH: Wish = {
  mode: 'closest',
  pool: { kind: 'mine-first' },
  order: [],
  only: null,
  ignore: [],
  allowFallbacks: true,
  quantisations: null,
  countries: null,
  maxRttMs: null,
  maxPriceIn: null,
  maxPriceOut: null,
  maxTtftMs: PROMISE_TTFT_MS,
  minTokensPerS: PROMISE_TOKENS_PER_S,
  maxWaitMs: null,
  maxFirstTokenMs: null,
  needs: [],
  samplers: [],
  requireParameters: false,
};

/** What left no home: a field of the `provider` object as the caller wrote it, or what the request needs. */
export type WishField =
  'pool' | 'order' | 'only' | 'ignore' | 'quantizations' | 'country' | 'max_rtt_ms' | 'max_price' | Need | Sampler;

/** How big a job is expected to be, in tokens. */
export interface JobSize {
  readonly promptTokens: number;
  /**
   * What the prompt holds for sure: a home needs a longer context than this. By the text's script, by an exact count, or by the context of a home
   * that turned the prompt down. 0 where nothing is sure.
   */
  readonly leastPromptTokens?: number;
  /** Expected length of the answer: by this key and model so far, within `max_tokens`. */
  readonly outputTokens: number;
}

/** What is known of a home that has the model, at the moment of a decision. */
export interface HomeState {
  readonly nodeId: string;
  readonly ownerAccountId: string;
  /** Pool ids, and PUBLIC_POOL where it lends itself to everyone. */
  readonly pools: readonly string[];
  readonly place: Place;
  readonly quantisation: string;
  readonly digest: string;
  readonly contextTokens: number;
  /** What its model can do beside text: words of `Need`, and those of later versions. */
  readonly can: readonly string[];
  /** Samplers that its server takes; null where only its hub knows. */
  readonly samplers: readonly string[] | null;
  readonly priceIn: number;
  readonly priceOut: number;
  readonly slots: number;
  /** Jobs that run there now: exact at its hub, a guess at an edge. */
  readonly active: number;
  /** Prompt tokens of jobs there that have no first token yet. */
  readonly pendingPromptTokens: number;
  /** Prompt tokens a second, alone; and tokens a second of one stream alone. */
  readonly promptTokensPerS: number;
  readonly decodeTokensPerS: number;
  /** 0 when the model is in memory, else how long loading it takes. */
  readonly loadMs: number;
  /** Hub to home and back. */
  readonly rttMs: number;
  /** Share of jobs that it is expected to break, 0 to 1. */
  readonly failureShare: number;
  /** Output tokens earned for each hour present. Where homes share the work, the one with least comes first. */
  readonly earnedPerHour: number;
  /** Prompt tokens that it is expected to still hold from earlier jobs. */
  readonly cachedTokens: number;
  /** W at the wall above rest when it works with all slots full, as believed; null or absent where nobody knows, or nobody asked for it. */
  readonly workW?: number | null;
}

/** What an edge asks of a hub. */
export interface GrantAsk {
  readonly wish: Wish;
  readonly place: { readonly lat: number; readonly lon: number };
  readonly accountId: string;
  readonly size: JobSize;
  /** Edge to hub and back. */
  readonly edgeRttMs: number;
  readonly preferNodeId: string | null;
  readonly excludeNodeIds: readonly string[];
  /** Their homes come after everybody else's. */
  readonly avoidOwners?: readonly string[];
  /** A continued answer prefers the digest that began it. */
  readonly preferDigest: string | null;
  /** True for the last ask: the hub has to grant its best home, even if that home breaks the promise. */
  readonly isForced: boolean;
}

/** What a first token is expected to cost, in ms, part by part. */
export interface Forecast {
  readonly ttftMs: number;
  readonly rttMs: number;
  readonly waitMs: number;
  readonly loadMs: number;
  readonly promptMs: number;
  readonly decodeMs: number;
  /** The stream's speed and expected length. */
  readonly tokensPerS: number;
  readonly streamMs: number;
}

/** Why a home was not the one, in words that its owner reads. */
export const PASSED_OVER = [
  'farther',
  'slower',
  'promise',
  'earned-more',
  'full',
  'cold',
  'cooling',
  'wish',
  'price',
  'dirtier',
  'context',
  'excluded',
  'own-first',
] as const;
export type PassedOver = (typeof PASSED_OVER)[number];

/** A hub's answer to an ask. */
export type Grant =
  | {
      readonly kind: 'grant';
      readonly nodeId: string;
      readonly decision: Decision;
      /** Every other home here and why it was not the one. */
      readonly passedOver: readonly { readonly nodeId: string; readonly why: PassedOver }[];
    }
  | {
      /** Homes here have it and none keeps the promise (or all are full). */
      readonly kind: 'busy';
      /** Score in ms of the best home here, were it forced; null when every home is full. */
      readonly quoteMs: number | null;
      /** When trying again may succeed, from the live queue. */
      readonly retryAfterMs: number;
      readonly passedOver: readonly { readonly nodeId: string; readonly why: PassedOver }[];
    }
  | {
      /** No home here can serve it at all. */
      readonly kind: 'none';
      /** The wish that left none of those that have the model; null when none has it. */
      readonly emptiedBy: WishField | null;
      /** The longest context among homes that would do but for the prompt's length; null where there is none. */
      readonly contextTokens: number | null;
      readonly passedOver: readonly { readonly nodeId: string; readonly why: PassedOver }[];
    };

/** The compact record of one decision: what was known and predicted. Kept with the part's settlement, beside what came of it. */
export const decisionSchema = z.object({
  mode: z.enum(MODES),
  /** One sentence for callers and owners. */
  reason: z.string(),
  /** Homes here that could serve it, and those of them that keep the promise. */
  candidates: z.number().int(),
  keeping: z.number().int(),
  /** Hubs asked until one granted. */
  asks: z.number().int(),
  isForced: z.boolean(),
  km: z.number(),
  /** Expected first token at the edge, and its parts, ms. */
  ttftMs: z.number(),
  rttMs: z.number(),
  /** The share of `rttMs` between edge and hub. A first token measured at the hub does not include it. */
  edgeRttMs: z.number().optional(),
  waitMs: z.number(),
  /** How long the ask waited at its hub for a slot before this decision; absent where it did not. `ttftMs` counts from the decision. */
  queuedMs: z.number().optional(),
  loadMs: z.number(),
  promptMs: z.number(),
  decodeMs: z.number(),
  tokensPerS: z.number(),
  /** The score's other inputs: jobs running there at the grant, expected and cached tokens, share of failures. */
  active: z.number().int(),
  promptTokens: z.number().int(),
  outputTokens: z.number().int(),
  cachedTokens: z.number().int(),
  failureShare: z.number(),
});
export type Decision = z.output<typeof decisionSchema>;

/** Free and all slots of one model at a hub, in all and by speed class: what every grant and every busy carries. */
export interface Capacity {
  readonly free: number;
  readonly slots: number;
  readonly classes: Readonly<Record<string, readonly [free: number, slots: number]>>;
}

/** A home's speed class: slots, and both speeds in steps of √2, so that homes of one class are about as fast. */
export function speedClassOf(home: {
  readonly slots: number;
  readonly promptTokensPerS: number;
  readonly decodeTokensPerS: number;
}): string {
  const step = (perS: number): number => Math.round(2 * Math.log2(Math.max(1, perS)));
  return `${home.slots}.${step(home.promptTokensPerS)}.${step(home.decodeTokensPerS)}`;
}

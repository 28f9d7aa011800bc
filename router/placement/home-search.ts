// The search for one part's home, hub by hub: whom to ask next, and with what the hubs said so far, whether to insist. One per job.
import type { WishField } from '../../schema/placement.ts';
import { isFarWorth, planAsk } from './plan-ask.ts';
import type { Quote } from './plan-ask.ts';
import type { HubRanking, RankedHub } from './rank-hubs.ts';

/** Some answers do not count as an ask (a home refused, a hub has none). After this many of them the search gives up. */
const MAX_DETOURS = 8;

export interface SearchDoors {
  /** Ranks the hubs near the caller, or those farther away, without the excluded. */
  readonly rank: (
    scope: 'near' | 'far',
    excluded: {
      readonly nodes: readonly string[];
      readonly hubs: readonly string[];
      /** Weights that a continued answer began with; null where it begins. */
      readonly preferDigest: string | null;
    },
  ) => Promise<HubRanking>;
  /** False when the caller wants one home or none: it is asked once, and has to take the job. */
  readonly hasFallbacks: boolean;
  /** True when the caller named homes in order. */
  readonly isOrdered?: boolean;
}

/** One ask. */
export interface HubAsk {
  readonly hub: string;
  readonly preferNodeId: string | null;
  readonly edgeRttMs: number;
  readonly isForced: boolean;
  /** Which ask of this part it is, from 1. */
  readonly asks: number;
}

/** Why nobody is left to ask. */
export interface SearchEnd {
  readonly kind: 'busy' | 'no-fit' | 'nobody';
  readonly emptiedBy: WishField | null;
  /** For `busy`: when trying again may succeed, by the hubs' own words. */
  readonly retryAfterMs: number | null;
}

export class HomeSearch {
  readonly #doors: SearchDoors;
  readonly #nodes: string[] = [];
  #hubs = new Set<string>();
  #quotes = new Map<string, Quote>();
  #asks = 0;
  #detours = 0;
  #isForced = false;
  #preferDigest: string | null = null;
  #isBusy = false;
  #retryAfterMs: number | null = null;
  #emptiedBy: WishField | null = null;

  constructor(doors: SearchDoors) {
    this.#doors = doors;
  }

  /** Homes that failed or refused this job: never asked again for it. */
  get excludedNodes(): readonly string[] {
    return this.#nodes;
  }

  /** Whom to ask now; null when nobody is left, and `end` says why. */
  async next(): Promise<HubAsk | null> {
    if (this.#isForced || this.#detours > MAX_DETOURS) return null;
    const best = await this.#best();
    const plan = planAsk(best, [...this.#quotes.values()], {
      asks: this.#asks,
      hasFallbacks: this.#doors.hasFallbacks,
      isOrdered: this.#doors.isOrdered ?? false,
    });
    if (!plan) return null;
    this.#isForced = plan.isForced;
    // A quote can be pressed once.
    this.#quotes.delete(plan.hub);
    this.#asks += 1;
    return { ...plan, asks: this.#asks };
  }

  /** The hub has homes, and none that keeps the promise now. `quoteMs` null: all of them are full. */
  noteBusy(ask: HubAsk, answer: { readonly quoteMs: number | null; readonly retryAfterMs: number | null }): void {
    this.#isBusy = true;
    this.#hubs.add(ask.hub);
    const { hub, edgeRttMs } = ask;
    // The quote already includes the round trip between edge and hub: the offer told the hub how long it is.
    if (answer.quoteMs !== null) this.#quotes.set(hub, { hub, scoreMs: answer.quoteMs, edgeRttMs });
    if (answer.retryAfterMs !== null)
      this.#retryAfterMs = Math.min(this.#retryAfterMs ?? Infinity, answer.retryAfterMs);
    // A pressed hub that is full has filled up since its quote, so the next lowest quote may be pressed.
    if (ask.isForced && this.#detours++ <= 1) this.#isForced = false;
  }

  /** The hub has no home for this job, or is not there: another one is asked at no cost. */
  noteNone(ask: HubAsk, emptiedBy: WishField | null): void {
    this.#hubs.add(ask.hub);
    this.#quotes.delete(ask.hub);
    this.#emptiedBy ??= emptiedBy;
    this.#undo();
  }

  /** A home did not take the job (`isBusy`: by its own count it is full): its hub may have another. */
  noteRefused(nodeId: string, isBusy: boolean): void {
    this.#nodes.push(nodeId);
    this.#isBusy ||= isBusy;
    this.#undo();
  }

  /** A home broke off: it is not asked again, and the search begins anew for one that goes on, with the weights of `preferDigest` if it can be. */
  restart(failedNodeId: string | null, preferDigest: string | null): void {
    if (failedNodeId) this.#nodes.push(failedNodeId);
    this.#preferDigest = preferDigest;
    this.#hubs = new Set();
    this.#quotes = new Map();
    this.#asks = 0;
    this.#detours = 0;
    this.#isForced = false;
    // A home was found after all: what was said before it is over.
    this.#isBusy = false;
    this.#retryAfterMs = null;
  }

  /** Why nobody is left. */
  get end(): SearchEnd {
    if (this.#isBusy) return { kind: 'busy', emptiedBy: null, retryAfterMs: this.#retryAfterMs };
    const kind = this.#emptiedBy ? 'no-fit' : 'nobody';
    return { kind, emptiedBy: this.#emptiedBy, retryAfterMs: null };
  }

  async #best(): Promise<RankedHub | null> {
    const excluded = { nodes: this.#nodes, hubs: [...this.#hubs], preferDigest: this.#preferDigest };
    for (const scope of ['near', 'far'] as const) {
      const { ranked, emptiedBy } = await this.#doors.rank(scope, excluded);
      if (ranked[0]) return ranked[0];
      this.#emptiedBy ??= emptiedBy;
      if (!isFarWorth([...this.#quotes.values()])) return null;
    }
    return null;
  }

  #undo(): void {
    this.#asks = Math.max(0, this.#asks - 1);
    this.#detours++;
    this.#isForced = false;
  }
}

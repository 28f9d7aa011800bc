// The search for one part's home, hub by hub: whom to ask next, and with what the hubs said so far, whether to insist. One per job.
import type { WishField } from '../../schema/placement.ts';
import { isFarWorth, planAsk } from './plan-ask.ts';
import type { Quote } from './plan-ask.ts';
import type { HubRanking, RankedHub } from './rank-hubs.ts';

/** Some answers do not count as an ask (a home refused, a hub has none). After this many of them the search gives up. */
const MAX_DETOURS = 10;
/** Homes of one owner that refuse are one detour: so many in all, where nobody else is left. */
const MAX_REFUSALS = 24;
/** Looks that are remembered, to tell whether anybody else may come. */
const MOST_LOOKS = 16;

export interface SearchDoors {
  /** Ranks the hubs near the caller, or those farther away, without the excluded. */
  readonly rank: (
    scope: 'near' | 'far',
    excluded: {
      readonly nodes: readonly string[];
      readonly hubs: readonly string[];
      /** Owners whose homes come last. */
      readonly owners: readonly string[];
      /** Weights that a continued answer began with; null where it begins. */
      readonly preferDigest: string | null;
      /** The longest context among homes that turned the prompt down as too long: only a longer one is of use. */
      readonly leastPromptTokens: number;
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
  /** Every home that fits is full: the hub is asked to let it wait for its turn. */
  readonly isWaiting: boolean;
}

/** How long who may go on is waited for: as long as an agent usually takes to dial again, or as anybody is waited for. */
export type Return = 'soon' | 'later';

/** Why nobody is left to ask. */
export interface SearchEnd {
  readonly kind: 'busy' | 'context' | 'no-fit' | 'nobody';
  readonly emptiedBy: WishField | null;
  /** For `context`: the longest context of homes that would do but for the prompt's length. */
  readonly contextTokens: number | null;
  /** False where no home anywhere is known to have the model. */
  readonly hasModel: boolean;
  /** For `busy`: when trying again may succeed, by the hubs' own words. */
  readonly retryAfterMs: number | null;
}

export class HomeSearch {
  readonly #doors: SearchDoors;
  #nodes: string[] = [];
  /** Those of them that were only full by their own count: one who waits may be given them. */
  readonly #fullNodes = new Set<string>();
  readonly #owners = new Set<string>();
  #refusals = 0;
  #hubs = new Set<string>();
  #quotes = new Map<string, Quote>();
  /** Hubs whose homes are full, and when a slot should be free there by what they said last; infinite where nobody knows. */
  #lines = new Map<string, { readonly ask: HubAsk; readonly waitMs: number }>();
  #isWaiting = false;
  #last: HubAsk | null = null;
  #asks = 0;
  #detours = 0;
  #isForced = false;
  #preferDigest: string | null = null;
  #isBusy = false;
  #heldMs = Infinity;
  #emptiedBy: WishField | null = null;
  #contextTokens: number | null = null;
  #leastPromptTokens = 0;
  #hasModel = false;
  /** Homes that broke off and may come back, as their line or their hub broke, and how soon. */
  readonly #returning = new Map<string, Return>();
  /** Homes that would have done when they were looked at, look by look. */
  readonly #looks: HubRanking['fitting'][] = [];
  /** Hubs whose homes have the model and cannot go on. */
  #unfitHubs = new Set<string>();
  /** A hub could not be asked: nobody knows which of its homes would go on. */
  #isHubAway = false;

  constructor(doors: SearchDoors) {
    this.#doors = doors;
  }

  /** Homes that failed or refused this job: never asked again for it, but by one who waits where they were only full. */
  get excludedNodes(): readonly string[] {
    return this.#isWaiting ? this.#nodes.filter((nodeId) => !this.#fullNodes.has(nodeId)) : this.#nodes;
  }

  /** Whom to ask now; null when nobody is left, and `end` says why. Where all are full the last ask waits for its turn. */
  async next(): Promise<HubAsk | null> {
    this.#last = (await this.#ask()) ?? this.#turn();
    return this.#last;
  }

  async #ask(): Promise<HubAsk | null> {
    if (this.#isWaiting || this.#isForced || this.#detours > MAX_DETOURS || this.#refusals > MAX_REFUSALS) return null;
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
    return { ...plan, asks: this.#asks, isWaiting: false };
  }

  #turn(): HubAsk | null {
    const shortest = this.#shortestLine();
    if (this.#isWaiting || !shortest) return null;
    this.#isWaiting = true;
    this.#asks += 1;
    const { hub, preferNodeId, edgeRttMs } = shortest.ask;
    return { hub, preferNodeId, edgeRttMs, isForced: true, asks: this.#asks, isWaiting: true };
  }

  /** The hub has homes, and none that keeps the promise now. `quoteMs` null: all of them are full. */
  noteBusy(ask: HubAsk, answer: { readonly quoteMs: number | null; readonly retryAfterMs: number | null }): void {
    this.#isBusy = true;
    this.#hubs.add(ask.hub);
    const { hub, edgeRttMs } = ask;
    // The quote already includes the round trip between edge and hub: the offer told the hub how long it is.
    if (answer.quoteMs !== null) this.#quotes.set(hub, { hub, scoreMs: answer.quoteMs, edgeRttMs });
    this.#lines.set(hub, { ask, waitMs: answer.retryAfterMs ?? Infinity });
    // A pressed hub that is full has filled up since its quote, so the next lowest quote may be pressed.
    if (ask.isForced && this.#detours++ <= 1) this.#isForced = false;
  }

  /** The hub has no home for this job, or is not there: another one is asked at no cost. */
  noteNone(
    ask: HubAsk,
    why: (Pick<HubRanking, 'emptiedBy' | 'contextTokens'> & { readonly isServed?: boolean }) | null,
  ): void {
    this.#hubs.add(ask.hub);
    this.#quotes.delete(ask.hub);
    this.#lines.delete(ask.hub);
    if (why) this.#noteUnfit(why);
    else this.#isHubAway = true;
    if (why?.isServed) this.#unfitHubs.add(ask.hub);
    this.#undo();
  }

  /** A home has turned the prompt down: its model takes so many tokens in all. From now on only homes with a longer context are asked. */
  noteTooLong(contextTokens: number): void {
    this.#leastPromptTokens = Math.max(this.#leastPromptTokens, contextTokens);
  }

  /** A home of this owner has turned the job down or failed it: others come first. True where it is the first of them. */
  avoid(owner: string | null): boolean {
    if (owner === null) return true;
    const isFirst = !this.#owners.has(owner);
    this.#owners.add(owner);
    return isFirst;
  }

  /** Owners whose homes come last. */
  get avoidedOwners(): readonly string[] {
    return [...this.#owners];
  }

  /** A home did not take the job (`isBusy`: by its own count it is full): its hub may have another. */
  noteRefused(nodeId: string, isBusy: boolean, owner: string | null = null): void {
    this.#refusals++;
    // However many homes an owner has, they are one detour.
    if (!this.avoid(owner)) this.#detours--;
    this.#nodes.push(nodeId);
    this.#fullNodes.delete(nodeId);
    if (isBusy) {
      this.#isBusy = true;
      this.#fullNodes.add(nodeId);
      if (this.#last) this.#lines.set(this.#last.hub, { ask: this.#last, waitMs: Infinity });
    }
    this.#undo();
  }

  /** What one home said of the prompt's length counts no more: those whose context is as long are asked, too. */
  forgetTooLong(): void {
    this.#leastPromptTokens = 0;
    this.#contextTokens = null;
    this.retry();
  }

  /**
   * The model server of a home that took the job is busy, for so long as it says, ms: others are asked, and nobody waits in line for it but who has read
   * some of the answer. Without a time jobs of ours keep it so, and whose turn it is next the home knows.
   */
  noteHeld(nodeId: string, heldMs: number | undefined): void {
    if (heldMs === undefined) return this.noteRefused(nodeId, true);
    this.#heldMs = Math.min(this.#heldMs, heldMs);
    this.#returning.set(nodeId, 'later');
  }

  /** Everybody may be asked again: a hub was lost with all who waited there, or a home that let one wait was full after all. */
  retry(): void {
    this.#hubs = new Set();
    this.#quotes = new Map();
    this.#asks = 0;
    this.#detours = 0;
    this.#isForced = false;
    this.#isWaiting = false;
    this.#lines = new Map();
  }

  /**
   * A home broke off: it is not asked again, and the search begins anew for one that goes on, with the weights of `preferDigest` if it can be.
   * `returns`: it did not fail, and may be asked again where nobody else goes on.
   */
  restart(failedNodeId: string | null, preferDigest: string | null, returns: Return | null = null): void {
    if (failedNodeId) {
      this.#nodes.push(failedNodeId);
      this.#fullNodes.delete(failedNodeId);
      if (returns) this.#returning.set(failedNodeId, returns);
      else this.#returning.delete(failedNodeId);
    }
    this.#preferDigest = preferDigest;
    this.retry();
    // A home was found after all: what was said before it is over.
    this.#isBusy = false;
    this.#isHubAway = false;
    this.#unfitHubs = new Set();
  }

  /** Looks again a moment later, with the homes that may have come back. */
  lookAgain(preferDigest: string | null): void {
    this.#nodes = this.#nodes.filter((nodeId) => !this.#returning.has(nodeId));
    this.restart(null, preferDigest);
  }

  /**
   * How long somebody is worth waiting for who may still go on with an answer: a home that is only full or rests, one that has been seen in this job, has
   * failed nothing of it and is not there now (it may be on its way back), one whose line or hub broke, or whoever is at a hub that could not be asked.
   * Null where there is nobody.
   */
  get mayCome(): Return | null {
    const returning = [...this.#returning.values()];
    if (this.#isBusy || this.#isHubAway || returning.includes('later')) return 'later';
    const isLeft = (nodeId: string): boolean => !this.#nodes.includes(nodeId) && !this.#returning.has(nodeId);
    const isSeen = this.#looks.some((look) =>
      [...look].some(([hub, nodes]) => !this.#unfitHubs.has(hub) && nodes.some(isLeft)),
    );
    return isSeen ? 'later' : (returning[0] ?? null);
  }

  /** True where a home that one may wait for is full by its own count: nobody but itself knows when it will not be. */
  get isBlind(): boolean {
    return this.#fullNodes.size > 0;
  }

  /** What the context of a home must be longer than, by those that turned the prompt down; 0 while none has. */
  get leastPromptTokens(): number {
    return this.#leastPromptTokens;
  }

  /** Why nobody is left. */
  get end(): SearchEnd {
    const plain = { emptiedBy: null, contextTokens: null, retryAfterMs: null, hasModel: this.#hasModel };
    const waitMs = Math.min(this.#heldMs, this.#shortestLine()?.waitMs ?? Infinity);
    if (this.#isBusy || this.#heldMs < Infinity)
      return { ...plain, kind: 'busy', retryAfterMs: Number.isFinite(waitMs) ? waitMs : null };
    if (this.#contextTokens !== null) return { ...plain, kind: 'context', contextTokens: this.#contextTokens };
    return { ...plain, kind: this.#emptiedBy ? 'no-fit' : 'nobody', emptiedBy: this.#emptiedBy };
  }

  #shortestLine(): { readonly ask: HubAsk; readonly waitMs: number } | null {
    const lines = [...this.#lines.values()];
    return lines.reduce<(typeof lines)[number] | null>((a, b) => (a && a.waitMs <= b.waitMs ? a : b), null);
  }

  #noteUnfit({ emptiedBy, contextTokens }: Pick<HubRanking, 'emptiedBy' | 'contextTokens'>): void {
    this.#emptiedBy ??= emptiedBy;
    if (contextTokens !== null) this.#contextTokens = Math.max(this.#contextTokens ?? 0, contextTokens);
  }

  async #best(): Promise<RankedHub | null> {
    const [preferDigest, leastPromptTokens] = [this.#preferDigest, this.#leastPromptTokens];
    const owners = this.avoidedOwners;
    const excluded = { nodes: this.#nodes, hubs: [...this.#hubs], owners, preferDigest, leastPromptTokens };
    for (const scope of ['near', 'far'] as const) {
      const ranking = await this.#doors.rank(scope, excluded);
      this.#hasModel ||= ranking.hasModel;
      if (this.#looks.length < MOST_LOOKS) this.#looks.push(ranking.fitting);
      const [best] = ranking.ranked;
      if (best) return best;
      this.#noteUnfit(ranking);
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

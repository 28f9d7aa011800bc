// Which home of a hub takes an offer: what is known of its homes now, the rules of placement, cooling, hints and the log of reasons.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import type { Capacity, Decision, Grant, GrantAsk, HomeState, PassedOver } from '../../schema/placement.ts';
import type { ResumeClass } from '../../schema/settlement.ts';
import { classifyResume } from './find-entry.ts';
import type { NodeCandidate } from './find-entry.ts';
import type { AsideHomes } from './aside-homes.ts';
import { decideGrant } from '../placement/decide-grant.ts';
import type { PrefixHolders } from '../placement/prefix-holders.ts';
import type { IdleLog } from './idle-log.ts';
import { countCapacity, makeAsk, makeHomes, takeSlot } from './make-homes.ts';
import type { KnownHome, ServingHome, TellingHome } from './make-homes.ts';
import type { NodeHistory } from './node-history.ts';
import type { NodeLoads } from './node-loads.ts';
import type { JobOffer, OfferPreview, OfferRefusal, PlacedOffer } from '../../schema/offer.ts';
import type { Price } from '../../schema/prices.ts';
import { PrefetchHints } from './prefetch-hints.ts';
import { examineHome } from './examine-home.ts';
import type { HomeExam } from './examine-home.ts';

/** Added to a quote when only homes that cool down are left, so that any other hub's home is preferred, ms. */
const COOLING_MS = 5000;
const NO_REASON = { emptiedBy: null, contextTokens: null } as const;

export interface HubGrantsDoors {
  readonly history: NodeHistory;
  readonly loads: NodeLoads;
  readonly prefixes: PrefixHolders;
  readonly idle: IdleLog;
  readonly aside: AsideHomes;
  /** True where the home answers what it is given. */
  readonly hasVoice: (nodeId: string) => boolean;
  readonly candidates: () => NodeCandidate[];
  readonly prefetch: (nodeId: string, model: string) => void;
}

/** A home that takes the offer. */
export interface Granted {
  readonly kind: 'grant';
  readonly nodeId: string;
  readonly ownerAccountId: string;
  readonly model: NodeModel;
  readonly decision: Decision;
  readonly resumed: ResumeClass | null;
  readonly isOwn: boolean;
  /** What it costs at this home. */
  readonly price: Price;
  /** Expected prompt tokens that it still has to read. */
  readonly freshTokens: number;
  /** By the speeds that edges are told. */
  readonly speedClass: string;
  /** With this job in its slot, and without. */
  readonly capacity: Capacity;
  readonly capacityBefore: Capacity;
}

export interface Declined {
  readonly kind: 'declined';
  readonly refusal: OfferRefusal;
  /** False when no home here has the model at all: what stands in the presence table may be wrong. */
  readonly isServed: boolean;
  /** Homes that would do but for a slot. */
  readonly full: readonly string[];
}

interface Asked {
  readonly offer: JobOffer;
  readonly serving: readonly ServingHome[];
  readonly now: number;
}

export class HubGrants {
  readonly #doors: HubGrantsDoors;
  readonly #hints = new PrefetchHints();

  constructor(doors: HubGrantsDoors) {
    this.#doors = doors;
  }

  /**
   * Chooses among the homes that are here now. What a caller could have had and did not is noted for the owners: once an ask, `isAgain` when an ask
   * that waits is decided anew. `isHeldBack`: homes of others are as good as full for it, which is no word of theirs. `isDry`: nothing comes of it.
   */
  choose(
    offer: JobOffer,
    now: number,
    { isAgain = false, isHeldBack = false, isDry = false } = {},
  ): Granted | Declined {
    const { candidates, idle, aside } = this.#doors;
    const all = candidates();
    const here = aside.isEmpty ? all : all.filter(({ nodeId }) => !aside.has(nodeId, now));
    const homes = isHeldBack ? here.map((one) => fillOthers(one, offer)) : here;
    const cached = this.#doors.prefixes.expectCached(offer.prefixes);
    const { serving, passedOver } = makeHomes(homes, offer, {
      know: (one, model) => this.#know(one, model, { cached, now }),
      onUnusable: (nodeId, error) => aside.add(nodeId, error, now),
    });
    const asked = { offer, serving, now };
    const { grant, cooling } = this.#decide(asked);
    const reasons = [passedOver, cooling, grant.passedOver];
    if (!isAgain && !isHeldBack && !isDry)
      for (const list of reasons) for (const { nodeId, why } of list) idle.noteAsk(nodeId, why, now);
    const isTight = grant.kind === 'busy' || (grant.kind === 'grant' && grant.decision.isForced);
    if (isTight && !isDry) this.#hint(asked, reasons.flat());
    if (grant.kind === 'grant') {
      const granted = aside.guard(grant.nodeId, now, () => this.#toGranted(asked, grant));
      if (!granted) return this.choose(offer, now, { isAgain: true, isHeldBack, isDry });
      if (!isDry) this.#doors.prefixes.note(granted.nodeId, offer.prefixes);
      return granted;
    }
    const isServed = serving.length + passedOver.length > 0;
    return {
      kind: 'declined',
      refusal: this.#toRefusal(asked, grant, isServed),
      isServed,
      full: grant.passedOver.flatMap(({ nodeId, why }) => (why === 'full' ? [nodeId] : [])),
    };
  }

  /** What `choose` would say, for who only wants to know: no owner hears of it, and no home is told to load anything. */
  preview(offer: JobOffer, now: number): OfferPreview {
    const chosen = this.choose(offer, now, { isDry: true });
    if (chosen.kind === 'declined') {
      const { code, quoteMs, retryAfterMs, emptiedBy, contextTokens, isServed = true } = chosen.refusal;
      return { kind: 'declined', refusal: { code, quoteMs, retryAfterMs, emptiedBy, contextTokens, isServed } };
    }
    const { nodeId, isOwn, price, decision, model } = chosen;
    const country = this.#doors.candidates().find((one) => one.nodeId === nodeId)?.place.country ?? '';
    const { digest, quantisation } = model;
    return { kind: 'grant', nodeId, country, digest, quantisation, isOwn, price, decision };
  }

  /** What this choice would make of one home for an offer, reason by reason: for its owner, who hears of nothing else by it. */
  examine(nodeId: string, offer: PlacedOffer, now: number): HomeExam {
    const { candidates, aside } = this.#doors;
    const homes = candidates().filter((one) => one.nodeId === nodeId || !aside.has(one.nodeId, now));
    const cached = new Map<string, number>();
    const { serving } = makeHomes(homes, offer, {
      know: (one, model) => this.#know(one, model, { cached, now }),
      onUnusable: () => undefined,
    });
    return examineHome(nodeId, serving, makeAsk(offer), (ready, ask) => this.#decideAmong(ready, ask, now));
  }

  /** The node is gone: it holds no prompts, and may be given hints at once when it is back. */
  forget(nodeId: string): void {
    this.#doors.prefixes.forget(nodeId);
    this.#hints.forget(nodeId);
  }

  /** Homes that cool down are left out; they are the answer only where the ask is forced and nothing else is there. */
  #decide({ offer, serving, now }: Asked): { grant: Grant; cooling: { nodeId: string; why: PassedOver }[] } {
    const ask = makeAsk(offer);
    const ready: HomeState[] = [];
    const resting: HomeState[] = [];
    for (const { home, isCooling } of serving) (isCooling ? resting : ready).push(home);
    const cooling = resting.map(({ nodeId }) => ({ nodeId, why: 'cooling' as const }));
    const grant = this.#preferProven(ready, ask, now) ?? this.#decideAmong(ready, ask, now);
    if (grant.kind === 'grant' || resting.length === 0) return { grant, cooling };
    const second = this.#decideAmong(resting, ask, now);
    // Who can wait rather waits for a home that is only full.
    const isPatient = grant.kind === 'busy' && offer.waitMs > 0;
    if (second.kind === 'grant' && offer.isForced && !isPatient) return { grant: second, cooling: [] };
    if (grant.kind === 'busy') return { grant, cooling };
    if (second.kind === 'none') return { grant: { ...grant, contextTokens: longest(grant, second) }, cooling };
    // Homes that cool down could serve it later, so the answer is `busy`, not `none`.
    const untilAt = Math.min(...resting.map(({ nodeId }) => this.#doors.history.cooling(nodeId)?.untilAt ?? now));
    const quoteMs = second.kind === 'grant' ? second.decision.ttftMs : second.quoteMs;
    const retryAfterMs = Math.max(untilAt - now, second.kind === 'busy' ? second.retryAfterMs : 0);
    const busy = { kind: 'busy' as const, retryAfterMs, passedOver: grant.passedOver };
    return { grant: { ...busy, quoteMs: quoteMs === null ? null : quoteMs + COOLING_MS }, cooling };
  }

  /** A job that a home has turned down or failed goes to one that answers what it is given, where one is free: a league of others could go on so. */
  #preferProven(ready: readonly HomeState[], ask: GrantAsk, now: number): Grant | null {
    if ((ask.avoidOwners ?? []).length === 0) return null;
    const proven = ready.filter(({ nodeId }) => this.#doors.hasVoice(nodeId));
    const grant = this.#decideAmong(proven, ask, now);
    return grant.kind === 'grant' ? grant : null;
  }

  /** Where one home's numbers break the choice, it is made among the others. */
  #decideAmong(homes: readonly HomeState[], ask: GrantAsk, now: number): Grant {
    try {
      return decideGrant(homes, ask);
    } catch {
      const { aside } = this.#doors;
      const usable = homes.filter((home) => aside.guard(home.nodeId, now, () => decideGrant([home], ask)) !== null);
      return decideGrant(usable, ask);
    }
  }

  #know(
    candidate: NodeCandidate,
    model: NodeModel,
    { cached, now }: { cached: ReadonlyMap<string, number>; now: number },
  ): KnownHome {
    const { history, loads } = this.#doors;
    const { nodeId } = candidate;
    const known = history.know(nodeId, model, now);
    const cachedTokens = cached.size === 0 || (model.loadMs ?? 0) > 0 ? 0 : (cached.get(nodeId) ?? 0);
    return {
      promptTokensPerS: known.promptTokensPerS,
      decodeTokensPerS: known.decodeTokensPerS,
      rttMs: known.rttMs,
      failureShare: known.failureShare,
      earnedPerHour: known.earnedPerHour,
      pendingPromptTokens: loads.pendingPromptTokens(nodeId),
      cachedTokens,
      isCooling: known.isCooling,
    };
  }

  #toGranted(asked: Asked, grant: Extract<Grant, { kind: 'grant' }>): Granted {
    const { offer, serving } = asked;
    const chosen = serving.find(({ home }) => home.nodeId === grant.nodeId);
    if (!chosen) throw new Error('a home was chosen that serves nothing');
    const { home, model } = chosen;
    const { speedClass } = this.#tell(chosen, asked.now);
    const capacityBefore = this.#countCapacity(asked);
    return {
      kind: 'grant',
      nodeId: home.nodeId,
      ownerAccountId: home.ownerAccountId,
      model,
      decision: { ...grant.decision, asks: offer.asks },
      resumed: offer.resume ? classifyResume(model, offer.resume) : null,
      isOwn: home.ownerAccountId === offer.accountId,
      price: { priceIn: home.priceIn, priceOut: home.priceOut },
      freshTokens: Math.max(1, offer.size.promptTokens - home.cachedTokens),
      speedClass,
      capacity: takeSlot(capacityBefore, { speedClass, loadMs: home.loadMs }),
      capacityBefore,
    };
  }

  #toRefusal(asked: Asked, grant: Grant, isServed: boolean): OfferRefusal {
    const capacity = this.#countCapacity(asked);
    const plain = { nodeId: null, param: null, capacity };
    if (grant.kind !== 'busy') {
      const { emptiedBy, contextTokens } = grant.kind === 'none' ? grant : NO_REASON;
      const why = { quoteMs: null, retryAfterMs: null, emptiedBy, contextTokens };
      return { ...plain, code: 'none', message: 'no home here', ...why, isServed };
    }
    const { quoteMs, retryAfterMs } = grant;
    return {
      ...plain,
      code: 'busy',
      message: 'no home here keeps the promise now',
      quoteMs,
      retryAfterMs,
      emptiedBy: null,
      contextTokens: null,
    };
  }

  /** What is free for this model, in the speeds that edges are told. */
  #countCapacity({ serving, now }: Asked): Capacity {
    const told: TellingHome[] = [];
    for (const one of serving) {
      try {
        told.push(this.#tell(one, now));
      } catch (error) {
        this.#doors.aside.add(one.home.nodeId, error, now);
      }
    }
    return countCapacity(told);
  }

  #tell(
    { home: { nodeId, slots, active, loadMs }, model }: ServingHome,
    now: number,
  ): TellingHome & { readonly speedClass: string } {
    const { speedClass } = this.#doors.history.tell(nodeId, model, { slots, now });
    return { slots, active, loadMs, speedClass };
  }

  #hint({ offer, serving, now }: Asked, reasons: readonly { nodeId: string; why: PassedOver }[]): void {
    // Only a home that has yet to load the model can be helped by a hint.
    if (!serving.some(({ home }) => home.loadMs > 0)) return;
    const passedOver = new Map(reasons.map(({ nodeId, why }) => [nodeId, why]));
    const cold = this.#hints.choose(offer.model, serving, { passedOver, now });
    if (cold) this.#doors.prefetch(cold.home.nodeId, offer.digests ? cold.model.name : offer.model);
  }
}

function fillOthers(one: NodeCandidate, { accountId }: JobOffer): NodeCandidate {
  return one.ownerAccountId === accountId ? one : { ...one, active: Math.max(one.active, one.slots) };
}

/** The longest context of homes that would do but for the prompt's length, ready or resting. */
function longest(...refused: readonly { readonly contextTokens: number | null }[]): number | null {
  const known = refused.flatMap(({ contextTokens }) => (contextTokens === null ? [] : [contextTokens]));
  return known.length > 0 ? Math.max(...known) : null;
}

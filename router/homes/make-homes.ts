// A hub's nodes as placement judges them for one offer: which of their models would serve it, and what is known of them. Pure.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import type { Capacity, GrantAsk, HomeState, PassedOver } from '../../schema/placement.ts';
import { speedClassOf } from '../../schema/placement.ts';
import { priceAtHome } from '../../schema/prices.ts';
import { classifyResume, findModels } from './find-entry.ts';
import type { NodeCandidate } from './find-entry.ts';
import type { Speeds } from '../placement/learn-speed.ts';
import type { PlacedOffer } from '../../schema/offer.ts';

/** An owner's jobs on the owner's own homes cost nothing, neither in the ticket nor in the settlement. */
const FREE = { priceIn: 0, priceOut: 0 };

/** What the hub has seen of a node, for one of its models. */
export interface KnownHome extends Speeds {
  readonly rttMs: number;
  readonly failureShare: number;
  readonly earnedPerHour: number;
  readonly pendingPromptTokens: number;
  readonly cachedTokens: number;
  readonly isCooling: boolean;
}

/** A home and the model entry that serves. */
export interface ServingHome {
  readonly home: HomeState;
  readonly model: NodeModel;
  readonly isCooling: boolean;
}

export interface OfferedHomes {
  readonly serving: readonly ServingHome[];
  /** Homes that have the model and cannot go on with the answer as faithfully as the caller wants. */
  readonly passedOver: readonly { readonly nodeId: string; readonly why: PassedOver }[];
}

export interface KnowHomes {
  readonly know: (candidate: NodeCandidate, model: NodeModel) => KnownHome;
  /** One home's data cannot be used: it is left out, and no other with it. */
  readonly onUnusable: (nodeId: string, error: unknown) => void;
}

/** Homes that have what the offer asks for. Paused ones and those without slots are none. */
export function makeHomes(
  candidates: readonly NodeCandidate[],
  offer: PlacedOffer,
  { know, onUnusable }: KnowHomes,
): OfferedHomes {
  const serving: ServingHome[] = [];
  const passedOver: { nodeId: string; why: PassedOver }[] = [];
  for (const candidate of candidates) {
    try {
      if (candidate.isPaused || candidate.slots === 0) continue;
      const models = findModels(candidate, offer);
      if (models.length === 0) continue;
      const model = chooseEntry(models, offer);
      if (model) serving.push(toServing(candidate, model, { offer, known: know(candidate, model) }));
      else passedOver.push({ nodeId: candidate.nodeId, why: 'wish' });
    } catch (error) {
      onUnusable(candidate.nodeId, error);
    }
  }
  return { serving, passedOver };
}

/** Of the entries that can go on with the answer, that can do what it needs, and whose context may hold the prompt, the most faithful one, in memory before one that has to be loaded. */
function chooseEntry(models: readonly NodeModel[], { resume, size, wish }: PlacedOffer): NodeModel | null {
  if (models.length === 1 && !resume) return models[0] ?? null;
  const rank = (model: NodeModel): number => {
    const found = resume ? classifyResume(model, resume) : 'exact';
    if (found === null) return Infinity;
    const isShort = model.contextTokens <= (size.leastPromptTokens ?? 0);
    const order = (['exact', 'same-model', 'same-family'] as const).indexOf(found);
    const isUnable = !wish.needs.every((need) => model.can?.includes(need));
    return Number(isUnable) * 16 + Number(isShort) * 8 + order * 2 + Number((model.loadMs ?? 0) > 0);
  };
  const best = models.toSorted((a, b) => rank(a) - rank(b))[0];
  return best && Number.isFinite(rank(best)) ? best : null;
}

function toServing(
  candidate: NodeCandidate,
  model: NodeModel,
  { offer, known }: { offer: PlacedOffer; known: KnownHome },
): ServingHome {
  const isOwn = candidate.ownerAccountId === offer.accountId;
  const price = isOwn ? FREE : priceAtHome(offer, model.priceShare);
  // Field by field: this is made for every home at every offer, and spreads cost several times as much.
  const home: HomeState = {
    nodeId: candidate.nodeId,
    ownerAccountId: candidate.ownerAccountId,
    pools: candidate.pools,
    place: candidate.place,
    slots: candidate.slots,
    active: candidate.active,
    digest: model.digest,
    contextTokens: model.contextTokens,
    can: model.can ?? [],
    samplers: model.samplers ?? [],
    quantisation: model.quantisation,
    loadMs: model.loadMs ?? 0,
    priceIn: price.priceIn,
    priceOut: price.priceOut,
    promptTokensPerS: known.promptTokensPerS,
    decodeTokensPerS: known.decodeTokensPerS,
    rttMs: known.rttMs,
    failureShare: known.failureShare,
    earnedPerHour: known.earnedPerHour,
    pendingPromptTokens: known.pendingPromptTokens,
    cachedTokens: known.cachedTokens,
    workW: candidate.workW ?? null,
  };
  return { home, model, isCooling: known.isCooling };
}

/** What placement is asked for an offer. */
export function makeAsk(offer: PlacedOffer): GrantAsk {
  const { wish, place, accountId, size, edgeRttMs, preferNodeId, excludeNodeIds, avoidOwners = [], isForced } = offer;
  const preferDigest = offer.resume?.digest ?? null;
  const left = { excludeNodeIds, avoidOwners };
  return { wish, place, accountId, size, edgeRttMs, preferNodeId, ...left, preferDigest, isForced };
}

/** A home as its slots are counted: by the speeds that edges are told, or their class where it is known. */
export type TellingHome = Pick<HomeState, 'slots' | 'active' | 'loadMs'> & (Speeds | { readonly speedClass: string });

/** Free and all slots of homes that serve a model, in all; and by speed class of those that have it in memory. */
export function countCapacity(homes: readonly TellingHome[]): Capacity {
  let free = 0;
  let slots = 0;
  const classes: Record<string, [number, number]> = {};
  for (const home of homes) {
    const freeHere = Math.max(0, home.slots - home.active);
    free += freeHere;
    slots += home.slots;
    if (home.loadMs > 0) continue;
    const name = 'speedClass' in home ? home.speedClass : speedClassOf(home);
    const counted = (classes[name] ??= [0, 0]);
    counted[0] += freeHere;
    counted[1] += home.slots;
  }
  return { free, slots, classes };
}

/** The same with one more job at a home of this class; one that has to load the model counts in no class. */
export function takeSlot(
  { free, slots, classes }: Capacity,
  home: { readonly speedClass: string; readonly loadMs: number },
): Capacity {
  const [classFree, classSlots] = classes[home.speedClass] ?? [0, 0];
  const isCounted = home.loadMs === 0 && classSlots > 0;
  const taken = {
    ...classes,
    ...(isCounted && { [home.speedClass]: [Math.max(0, classFree - 1), classSlots] as const }),
  };
  return { free: Math.max(0, free - 1), slots, classes: taken };
}

// Which of a hub's homes gets a job, by exact counts, and why: or that none may now, and when to try again. Pure; the one place where a home is chosen.
import { distanceKm } from '../../schema/places.ts';
import type { Grant, GrantAsk, HomeState, PassedOver, WishField } from '../../schema/placement.ts';
import { expectFirstToken, expectFreeSlotMs } from './expect-first-token.ts';
import { expectGrams } from './expect-grams.ts';
import { findEmptying, makeFit } from './fit-wish.ts';
import { describeChoice } from './describe-choice.ts';
import type { Candidate, Rule } from './describe-choice.ts';
import { isReliable, keepsPromise, scoreHome } from './score-home.ts';

/** Homes at most this much farther than the closest share its work, km. */
export const EQUAL_KM = 50;
/** The shortest wait that a refused caller is told; also the one told when nothing says when a home will be free. */
const LEAST_RETRY_MS = 100;
const UNKNOWN_RETRY_MS = 2000;

type Rejected = Map<string, PassedOver>;

/**
 * Grants one home, or says `busy` (homes fit, none may take it) or `none` (no home here can serve it at all).
 * A full home is never granted; one that breaks the promise only when forced, the caller's own, or first in its `order`.
 * `decision.asks` is 1: the hub writes what the offer says.
 */
export function decideGrant(homes: readonly HomeState[], ask: GrantAsk): Grant {
  const { fitting, rejected, emptiedBy, contextTokens } = sortOut(homes, ask);
  if (fitting.length === 0)
    return { kind: 'none', emptiedBy, contextTokens, passedOver: listPassed(homes, rejected, null) };
  const free: Candidate[] = [];
  for (const home of fitting)
    if (home.active < home.slots) free.push(makeCandidate(home, ask));
    else rejected.set(home.nodeId, 'full');
  const candidates = ofOthers(free, ask, rejected);
  let keeping = 0;
  for (const { keeps } of candidates) if (keeps) keeping++;
  const chosen = choose(candidates, { ask, fitting, rejected });
  if (!chosen) {
    for (const { home } of candidates) {
      if (!rejected.has(home.nodeId)) rejected.set(home.nodeId, home.loadMs > 0 ? 'cold' : 'promise');
    }
    return {
      kind: 'busy',
      quoteMs: candidates.length > 0 ? Math.min(...candidates.map(({ scoreMs }) => scoreMs)) : null,
      retryAfterMs: expectRetryMs(fitting, ask),
      passedOver: listPassed(homes, rejected, null),
    };
  }
  const { nodeId } = chosen.best.home;
  return {
    kind: 'grant',
    nodeId,
    decision: describeChoice(chosen.best, {
      rule: chosen.rule,
      ask,
      candidates: candidates.length,
      keeping,
      closest: ask.wish.mode === 'greenest' ? findClosest(candidates) : undefined,
    }),
    passedOver: listPassed(homes, rejected, nodeId),
  };
}

function findClosest(candidates: readonly Candidate[]): HomeState | undefined {
  return candidates.filter(({ keeps }) => keeps).toSorted((a, b) => a.km - b.km)[0]?.home;
}

interface Choosing {
  readonly ask: GrantAsk;
  readonly fitting: readonly HomeState[];
  /** Filled while choosing: for each home that was not chosen, the reason its owner may read. */
  readonly rejected: Rejected;
}

function choose(candidates: readonly Candidate[], how: Choosing): { best: Candidate; rule: Rule } | null {
  const { ask, rejected } = how;
  const { order, pool } = ask.wish;
  const first = order.length > 0 ? findFirst(candidates, order) : null;
  if (first) return { best: passOthers(candidates, first, { rejected, why: 'wish' }), rule: 'order' };
  if (isOrderElsewhere(how)) return null;
  const isOwn = ({ home }: Candidate): boolean => home.ownerAccountId === ask.accountId;
  const own = pool.kind === 'mine-first' && candidates.some(isOwn) ? candidates.filter(isOwn) : [];
  if (own.length > 0) {
    for (const { home } of candidates)
      if (home.ownerAccountId !== ask.accountId) rejected.set(home.nodeId, 'own-first');
    return { best: chooseByMode(own, how), rule: 'own' };
  }
  if (candidates.some(({ keeps }) => keeps)) return { best: chooseByMode(candidates, how), rule: 'mode' };
  return candidates.length > 0 && ask.isForced ? { best: chooseByMode(candidates, how), rule: 'forced' } : null;
}

function findFirst(candidates: readonly Candidate[], order: readonly string[]): Candidate | null {
  const ordered = candidates.filter(({ home }) => order.includes(home.nodeId));
  return ordered.toSorted((a, b) => order.indexOf(a.home.nodeId) - order.indexOf(b.home.nodeId))[0] ?? null;
}

/** True where all homes here that the caller named are full while others it named sit at other hubs: those are asked before strangers here. */
function isOrderElsewhere({ ask, fitting }: Choosing): boolean {
  const { order } = ask.wish;
  if (ask.isForced || order.length === 0) return false;
  const here = new Set(fitting.map(({ nodeId }) => nodeId));
  const elsewhere = order.some((nodeId) => !here.has(nodeId) && !ask.excludeNodeIds.includes(nodeId));
  return elsewhere && order.some((nodeId) => here.has(nodeId));
}

/** Picks by the mode among homes that keep the promise, or by best score if none does, and records why each other home was not picked. */
function chooseByMode(candidates: readonly Candidate[], { ask, rejected }: Choosing): Candidate {
  const keepers = candidates.filter(({ keeps }) => keeps);
  for (const { home, keeps } of candidates) {
    if (!keeps && keepers.length > 0) rejected.set(home.nodeId, home.loadMs > 0 ? 'cold' : 'promise');
  }
  const pool = withRoom(ofDigest(keepers.length > 0 ? keepers : candidates, ask, rejected), ask, rejected);
  const mode = keepers.length > 0 ? ask.wish.mode : 'fastest';
  const isPreferred = ({ home }: Candidate): number => Number(home.nodeId !== ask.preferNodeId);
  const least = (list: readonly Candidate[], cost: (one: Candidate) => number, why: PassedOver): Candidate => {
    const best = list.reduce((a, b) => ((cost(b) - cost(a) || isPreferred(b) - isPreferred(a)) < 0 ? b : a));
    return passOthers(list, best, { rejected, why });
  };
  switch (mode) {
    case 'fastest':
      return least(pool, ({ scoreMs }) => scoreMs, 'slower');
    case 'fairest':
      return least(pool, ({ home }) => home.earnedPerHour, 'earned-more');
    case 'cheapest': {
      const price = (one: Candidate): number => expectPrice(one, ask);
      const low = Math.min(...pool.map(price));
      return least(keep(pool, { rejected, why: 'price', if: (one) => price(one) <= low }), ({ km }) => km, 'farther');
    }
    case 'greenest': {
      const grams = new Map(pool.map((one) => [one, expectGrams(one.home, ask.size)]));
      return least(pool, (one) => grams.get(one) ?? Infinity, 'dirtier');
    }
    case 'closest': {
      let nearKm = Infinity;
      for (const { km } of pool) if (km < nearKm) nearKm = km;
      const near = keep(pool, { rejected, why: 'farther', if: ({ km }) => km <= nearKm + EQUAL_KM });
      return least(near, ({ home }) => home.earnedPerHour, 'earned-more');
    }
  }
}

/** Homes of owners that have not turned this job down, where there are any: whoever owns many is one detour, not many. */
function ofOthers(
  free: readonly Candidate[],
  { avoidOwners = [] }: GrantAsk,
  rejected: Rejected,
): readonly Candidate[] {
  if (avoidOwners.length === 0) return free;
  const others = free.filter(({ home }) => !avoidOwners.includes(home.ownerAccountId));
  return others.length > 0 ? keep(free, { rejected, why: 'excluded', if: (one) => others.includes(one) }) : free;
}

/** Homes with the weights that began a continued answer, where there are any. */
function ofDigest(list: readonly Candidate[], { preferDigest }: GrantAsk, rejected: Rejected): readonly Candidate[] {
  const same = preferDigest === null ? [] : list.filter(({ home }) => home.digest === preferDigest);
  return same.length > 0 ? keep(list, { rejected, why: 'wish', if: (one) => same.includes(one) }) : list;
}

/** Homes whose context should hold the prompt, where there are any: the estimate may be wrong, so the others are not left out. */
function withRoom(list: readonly Candidate[], { size }: GrantAsk, rejected: Rejected): readonly Candidate[] {
  const roomy = list.filter(({ home }) => home.contextTokens > size.promptTokens);
  return roomy.length > 0 ? keep(list, { rejected, why: 'context', if: (one) => roomy.includes(one) }) : list;
}

function keep(
  list: readonly Candidate[],
  rule: { readonly rejected: Rejected; readonly why: PassedOver; readonly if: (one: Candidate) => boolean },
): readonly Candidate[] {
  return list.filter((one) => {
    const isKept = rule.if(one);
    if (!isKept) rule.rejected.set(one.home.nodeId, rule.why);
    return isKept;
  });
}

function passOthers(
  list: readonly Candidate[],
  best: Candidate,
  how: { readonly rejected: Rejected; readonly why: PassedOver },
): Candidate {
  for (const one of list) if (one !== best) how.rejected.set(one.home.nodeId, how.why);
  return best;
}

function sortOut(
  homes: readonly HomeState[],
  ask: GrantAsk,
): { fitting: HomeState[]; rejected: Rejected; emptiedBy: WishField | null; contextTokens: number | null } {
  const rejected: Rejected = new Map();
  const fits: (WishField | null)[] = [];
  const fitting: HomeState[] = [];
  const fit = makeFit(ask.wish);
  let contextTokens: number | null = null;
  for (const home of homes) {
    const field = fit(home, ask);
    fits.push(field);
    const why = whyUnfit(home, ask, field);
    if (why === null) fitting.push(home);
    else rejected.set(home.nodeId, why);
    if (why === 'context') contextTokens = Math.max(contextTokens ?? 0, home.contextTokens);
  }
  return { fitting, rejected, emptiedBy: findEmptying(fits), contextTokens };
}

function whyUnfit(home: HomeState, ask: GrantAsk, field: WishField | null): PassedOver | null {
  if (ask.excludeNodeIds.includes(home.nodeId)) return 'excluded';
  if (field !== null) return field === 'max_price' ? 'price' : 'wish';
  // At least one token of an answer has to fit behind the prompt. What is not sure only the home can tell.
  return home.contextTokens <= (ask.size.leastPromptTokens ?? 0) ? 'context' : null;
}

function makeCandidate(home: HomeState, ask: GrantAsk): Candidate {
  const forecast = expectFirstToken(home, ask.size, ask.edgeRttMs);
  return {
    home,
    forecast,
    scoreMs: scoreHome(forecast, home.failureShare),
    keeps: isReliable(home) && keepsPromise(forecast, ask.wish),
    km: distanceKm(home.place, ask.place),
  };
}

/** Price of the job as it is expected to turn out, in units × 1e6; nothing at a home of the caller's own. */
function expectPrice({ home }: Candidate, { size, accountId }: GrantAsk): number {
  if (home.ownerAccountId === accountId) return 0;
  return home.priceIn * size.promptTokens + home.priceOut * size.outputTokens;
}

/** From the live queue: when the first of these homes should be free, or have so little before it that the promise can be kept. */
function expectRetryMs(fitting: readonly HomeState[], ask: GrantAsk): number {
  const times = fitting.map((home) => {
    const idle = expectFirstToken({ ...home, active: 0, pendingPromptTokens: 0, loadMs: 0 }, ask.size, ask.edgeRttMs);
    if (!keepsPromise(idle, ask.wish)) return Infinity;
    const now = expectFirstToken(home, ask.size, ask.edgeRttMs);
    const lateMs = now.ttftMs - ask.wish.maxTtftMs;
    // Prompts before it run down by themselves; a batch that is too full, or a slot, waits for a job to end.
    const isQueue = home.active < home.slots && lateMs <= now.waitMs && now.tokensPerS >= ask.wish.minTokensPerS;
    if (isQueue) return lateMs;
    return Math.max(home.loadMs, expectFreeSlotMs({ ...home, slots: Math.min(home.slots, home.active) }, ask.size));
  });
  const least = Math.min(...times);
  return Math.round(Math.max(LEAST_RETRY_MS, Number.isFinite(least) ? least : UNKNOWN_RETRY_MS));
}

function listPassed(
  homes: readonly HomeState[],
  rejected: Rejected,
  granted: string | null,
): { nodeId: string; why: PassedOver }[] {
  const passed: { nodeId: string; why: PassedOver }[] = [];
  for (const { nodeId } of homes)
    if (nodeId !== granted) passed.push({ nodeId, why: rejected.get(nodeId) ?? 'slower' });
  return passed;
}

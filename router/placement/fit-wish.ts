// Whether a home is one that the caller lets answer, and which of the caller's wishes left none. Pure.
import type { HomeState, Wish, WishField } from '../../schema/placement.ts';
import { NEEDS, SAMPLERS } from '../../schema/needs.ts';
import { PUBLIC_POOL } from '../../schema/placement.ts';

/** What wishes are about; a HomeState is one. */
export type WishedHome = Pick<
  HomeState,
  'nodeId' | 'ownerAccountId' | 'pools' | 'quantisation' | 'can' | 'samplers' | 'priceIn' | 'priceOut' | 'rttMs'
> & { readonly place: Pick<HomeState['place'], 'country'> };

/** Who asks, and from how far: edge to hub and back, ms. */
export interface Wisher {
  readonly accountId: string;
  readonly edgeRttMs: number;
}

type Check = (home: WishedHome, wish: Wish, wisher: Wisher) => boolean;

interface WishCheck {
  readonly field: WishField;
  /** False where the wish is neutral: then every home meets it. */
  readonly isAsked: (wish: Wish) => boolean;
  readonly check: Check;
}

/** Every wish, in the order in which they are applied: whose homes, which ones, what they are, what their models can do. */
const CHECKS: readonly WishCheck[] = [
  { field: 'pool', isAsked: () => true, check: (home, { pool }, { accountId }) => isInPool(home, pool, accountId) },
  {
    field: 'only',
    isAsked: ({ only }) => only !== null,
    check: ({ nodeId }, { only }) => only?.includes(nodeId) ?? true,
  },
  {
    field: 'order',
    isAsked: ({ order, allowFallbacks }) => !allowFallbacks && order.length > 0,
    check: ({ nodeId }, { order }) => order.includes(nodeId),
  },
  {
    field: 'ignore',
    isAsked: ({ ignore }) => ignore.length > 0,
    check: ({ nodeId }, { ignore }) => !ignore.includes(nodeId),
  },
  {
    field: 'quantizations',
    isAsked: ({ quantisations }) => quantisations !== null,
    check: (home, wish) => wish.quantisations?.includes(home.quantisation.toLowerCase()) ?? true,
  },
  {
    field: 'country',
    isAsked: ({ countries }) => countries !== null,
    check: (home, wish) => wish.countries?.includes(home.place.country) ?? true,
  },
  {
    field: 'max_rtt_ms',
    isAsked: ({ maxRttMs }) => maxRttMs !== null,
    check: (home, wish, { edgeRttMs }) => home.rttMs + edgeRttMs <= (wish.maxRttMs ?? Infinity),
  },
  {
    field: 'max_price',
    isAsked: ({ maxPriceIn, maxPriceOut }) => maxPriceIn !== null || maxPriceOut !== null,
    check: (home, wish, { accountId }) => isOwn(home, accountId) || isAffordable(home, wish),
  },
  ...NEEDS.map((need): WishCheck => ({
    field: need,
    isAsked: ({ needs }) => needs.includes(need),
    check: ({ can }) => can.includes(need),
  })),
  ...SAMPLERS.map((sampler): WishCheck => ({
    field: sampler,
    isAsked: ({ samplers }) => samplers.includes(sampler),
    check: ({ samplers }) => samplers === null || samplers.includes(sampler),
  })),
];

/** The first wish that a home does not meet, in the order above; null when it meets all. Made once for all homes of an ask: most wishes are neutral. */
export function makeFit(wish: Wish): (home: WishedHome, wisher: Wisher) => WishField | null {
  const asked = CHECKS.filter(({ isAsked }) => isAsked(wish));
  return (home, wisher) => {
    for (const { field, check } of asked) if (!check(home, wish, wisher)) return field;
    return null;
  };
}

/** The same of one home. */
export function fitWish(home: WishedHome, wish: Wish, wisher: Wisher): WishField | null {
  return makeFit(wish)(home, wisher);
}

/**
 * The wish that took the last of these homes when wishes are applied one after another; null when some are left or there were none.
 * `fits` is what `fitWish` said of each.
 */
export function findEmptying(fits: readonly (WishField | null)[]): WishField | null {
  let latest = -1;
  for (const field of fits) {
    if (field === null) return null;
    latest = Math.max(
      latest,
      CHECKS.findIndex((one) => one.field === field),
    );
  }
  return CHECKS[latest]?.field ?? null;
}

function isInPool(home: WishedHome, pool: Wish['pool'], accountId: string): boolean {
  const isPublic = home.pools.includes(PUBLIC_POOL);
  switch (pool.kind) {
    case 'public':
      return isPublic;
    case 'mine':
      return isOwn(home, accountId);
    case 'mine-first':
      return isPublic || isOwn(home, accountId);
    case 'pool':
      return home.pools.includes(pool.id);
  }
}

function isOwn({ ownerAccountId }: WishedHome, accountId: string): boolean {
  return ownerAccountId === accountId;
}

function isAffordable({ priceIn, priceOut }: WishedHome, { maxPriceIn, maxPriceOut }: Wish): boolean {
  return priceIn <= (maxPriceIn ?? Infinity) && priceOut <= (maxPriceOut ?? Infinity);
}

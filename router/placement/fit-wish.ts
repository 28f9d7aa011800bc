// Whether a home is one that the caller lets answer, and which of the caller's wishes left none. Pure.
import type { HomeState, Wish, WishField } from '../../schema/placement.ts';
import { PUBLIC_POOL } from '../../schema/placement.ts';

/** What wishes are about; a HomeState is one. */
export type WishedHome = Pick<
  HomeState,
  'nodeId' | 'ownerAccountId' | 'pools' | 'quantisation' | 'priceIn' | 'priceOut' | 'rttMs'
> & { readonly place: Pick<HomeState['place'], 'country'> };

/** Who asks, and from how far: edge to hub and back, ms. */
export interface Wisher {
  readonly accountId: string;
  readonly edgeRttMs: number;
}

type Check = (home: WishedHome, wish: Wish, wisher: Wisher) => boolean;

/** Every wish, in the order in which they are applied: whose homes, which ones, what they are. */
const CHECKS: readonly (readonly [WishField, Check])[] = [
  ['pool', (home, { pool }, { accountId }) => isInPool(home, pool, accountId)],
  ['only', ({ nodeId }, { only }) => only === null || only.includes(nodeId)],
  ['order', ({ nodeId }, { order, allowFallbacks }) => allowFallbacks || order.length === 0 || order.includes(nodeId)],
  ['ignore', ({ nodeId }, { ignore }) => !ignore.includes(nodeId)],
  ['quantizations', (home, wish) => wish.quantisations?.includes(home.quantisation.toLowerCase()) ?? true],
  ['country', (home, wish) => wish.countries?.includes(home.place.country) ?? true],
  ['max_rtt_ms', (home, wish, { edgeRttMs }) => home.rttMs + edgeRttMs <= (wish.maxRttMs ?? Infinity)],
  ['max_price', (home, wish, { accountId }) => isOwn(home, accountId) || isAffordable(home, wish)],
];

/** The first wish that the home does not meet, in the order above; null when it meets all. */
export function fitWish(home: WishedHome, wish: Wish, wisher: Wisher): WishField | null {
  for (const [field, check] of CHECKS) if (!check(home, wish, wisher)) return field;
  return null;
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
      CHECKS.findIndex(([name]) => name === field),
    );
  }
  return CHECKS[latest]?.[0] ?? null;
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

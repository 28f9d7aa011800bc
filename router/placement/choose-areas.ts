// Which areas an edge looks at for a job: those near the caller first, the others where nobody near will do. Pure.
import type { AreaName } from '../../schema/places.ts';
import type { Wish } from '../../schema/placement.ts';
import type { HubRanking } from './rank-hubs.ts';

/** Areas in which the closest home is looked for first. */
export const NEAR_AREAS = 4;

/** Cuts the areas (nearest first) in two: those to look at first and those to fall back on. All are near where distance does not decide, or few homes will do. */
export function splitAreas<A extends string = AreaName>(
  sorted: readonly A[],
  wish: Pick<Wish, 'mode' | 'pool' | 'only' | 'order'>,
): { readonly near: readonly A[]; readonly far: readonly A[] } {
  const count = isNarrow(wish) || wish.mode !== 'closest' ? sorted.length : NEAR_AREAS;
  return { near: sorted.slice(0, count), far: sorted.slice(count) };
}

/** True where only few homes will do: all hubs are looked at then. */
export function isNarrow(wish: Pick<Wish, 'pool' | 'only' | 'order'>): boolean {
  return wish.pool.kind === 'mine' || wish.pool.kind === 'pool' || wish.only !== null || wish.order.length > 0;
}

/** Homes are there, and none of them is expected to keep the promise: the closest who does may be farther away. */
export function isBroken({ ranked }: HubRanking): boolean {
  return ranked.length > 0 && ranked.every(({ keeps }) => !keeps);
}

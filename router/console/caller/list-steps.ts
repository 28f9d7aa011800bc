// Ways through a list whose pages each name the next by a place: on by that, and back by the places of the pages before, which the address carries. Pure.

export interface ListStep {
  /** Where this page begins; null for the newest. */
  readonly before: string | null;
  /** Where the pages before it begin, the nearest last; '' for the newest. */
  readonly trail: readonly string[];
}

/** What an address carries: who goes on for longer comes back to the newest. */
const MOST_TRAIL = 30;
const MOST_PLACE_CHARS = 400;
/** Stands in no place. */
const BETWEEN = '~';

export function readStep(query: (name: string) => string | undefined): ListStep {
  const before = query('before') ?? null;
  const trail = query('trail')?.split(BETWEEN) ?? [];
  const isTrail = before !== null && trail.length <= MOST_TRAIL && trail.every((at) => at.length <= MOST_PLACE_CHARS);
  return { before, trail: isTrail ? trail : [] };
}

/** Paths of the pages beside this one; null where there is none. `path` may have a query, which they keep. A page whose way here nobody knows leads back to the newest. */
export function listSteps(
  path: string,
  { before, trail }: ListStep,
  next: string | null,
): { readonly previous: string | null; readonly next: string | null } {
  const to = (place: string, way: readonly string[]): string => {
    if (place === '') return path;
    const query = new URLSearchParams({ before: place, ...(way.length > 0 && { trail: way.join(BETWEEN) }) });
    return `${path}${path.includes('?') ? '&' : '?'}${query.toString()}`;
  };
  return {
    previous: before === null ? null : to(trail.at(-1) ?? '', trail.slice(0, -1)),
    next: next === null ? null : to(next, [...trail, before ?? ''].slice(-MOST_TRAIL)),
  };
}

// What a home offered and when, in a few names: why it had no call is told by what it offered then, whatever it offers now. Plain data.
import type { NodeModel } from '../../schema/frames-to-hub.ts';

/** Names of models that everyone may call, and of those that only the home's owner may, each with how many there are in all. */
export interface Offered {
  readonly listed: readonly string[];
  readonly listedCount: number;
  readonly own: readonly string[];
  readonly ownCount: number;
}

/** From when on it stood so. */
export interface OfferedSince extends Offered {
  readonly at: number;
}

const NAMES_KEPT = 4;
/** Changes kept of one home: one that flickers more tells its newest. */
const MOST_CHANGES = 60;

/** What a home's models come to; `isListed`: by the catalogue as it is now. */
export function describeOffered(models: readonly NodeModel[], isListed: (digest: string) => boolean): Offered {
  const names = (list: readonly NodeModel[]): string[] => list.map(({ name }) => name);
  const listed = names(models.filter(({ digest }) => isListed(digest)));
  const own = names(models.filter(({ digest }) => !isListed(digest)));
  return {
    listed: listed.slice(0, NAMES_KEPT),
    listedCount: listed.length,
    own: own.slice(0, NAMES_KEPT),
    ownCount: own.length,
  };
}

/** The list with what is offered from now on, without what nobody asks about any more. */
export function addOffered(list: readonly OfferedSince[], offered: Offered, now: number): readonly OfferedSince[] {
  const last = list.at(-1);
  if (last && nameOffered(last) === nameOffered(offered)) return list;
  return [...list.slice(1 - MOST_CHANGES), { ...offered, at: Math.max(now, last?.at ?? 0) }];
}

/** Drops what is older than all that is told, but for what stood then. */
export function trimOffered(list: readonly OfferedSince[], keptFrom: number): readonly OfferedSince[] {
  const first = list.findLastIndex(({ at }) => at <= keptFrom);
  return first > 0 ? list.slice(first) : list;
}

/** What stood at the end of a span; null where nobody had said yet. */
export function offeredAt(list: readonly OfferedSince[], at: number): Offered | null {
  return list.findLast((one) => one.at < at) ?? null;
}

/** The same text for the same offer. */
export function nameOffered({ listed, listedCount, own, ownCount }: Offered): string {
  return JSON.stringify([listed, listedCount, own, ownCount]);
}

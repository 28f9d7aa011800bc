// What a home draws above rest when it works, at the wall, by what it says of its power: for who wishes the least CO2e. Pure.
import { findCardClass } from '../../schema/card-classes.ts';
import { TO_WALL } from '../../schema/energy.ts';
import type { PowerFacts } from '../../schema/frames-to-hub.ts';

/** A card may be capped by its owner, but hardly below this share of what its maker says: who tells less is not believed to be greener by it. */
const LEAST_CAP = 0.5;

/** W, whole; null where it tells no card that is known, since its own word alone makes nobody green. */
export function expectWorkWatts(power: Pick<PowerFacts, 'card' | 'mostW'> | null | undefined): number | null {
  const known = power?.card ? findCardClass(power.card) : null;
  if (!known) return null;
  const mostW = Math.max(power?.mostW ?? known.mostW, LEAST_CAP * known.mostW);
  const aboveRestW = Math.max(0, TO_WALL.workShare * mostW - known.idleW);
  return Math.round(known.sees === 'machine' ? aboveRestW : aboveRestW / TO_WALL.efficiency + TO_WALL.hostW);
}

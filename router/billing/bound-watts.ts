// The most that a home can draw at the wall above rest, by the class of the card that it names: what its claims of energy are held against. The name is
// the home's own word, so this bounds who makes mistakes, and what a lie is good for. Pure.
import { findCardClass } from '../../schema/card-classes.ts';
import type { CardClass } from '../../schema/card-classes.ts';
import type { PowerFacts } from '../../schema/frames-to-hub.ts';

/** What any home draws at most, W: the most that one may tell of itself (`powerFactsSchema`) through a poor power supply. */
export const ANY_HOME_W = 6250;
/** From cards to the wall at a poor power supply. */
const LEAST_EFFICIENCY = 0.8;
/** Board partners' cards, and short peaks, go beyond the maker's figure. */
const OVER = 1.2;
/** The machine around its cards at full work: processor, memory, fans. */
const AROUND_W = 200;
/** Cards of one machine. */
const MOST_CARDS = 8;

/** Whole W; null where nobody knows the card. Of several cards the home names the strongest, and tells what all may draw. */
export function boundWatts(power: PowerFacts | null | undefined): number | null {
  const known = power?.card ? findCardClass(power.card) : null;
  return known && boundClass(known, power?.mostW ?? null);
}

/** `toldW`: what the home says that all its cards may draw; null where it says nothing. */
export function boundClass(known: CardClass, toldW: number | null): number {
  // A machine's figure is at the wall, and of all that is in it.
  if (known.sees === 'machine') return Math.ceil(known.mostW * OVER);
  const cards = Math.min(Math.max(toldW ?? 0, known.mostW), known.mostW * MOST_CARDS);
  return Math.min(ANY_HOME_W, Math.ceil((cards * OVER + AROUND_W) / LEAST_EFFICIENCY));
}

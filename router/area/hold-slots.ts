// Which slots of a home count where an area shares its homes out: what it has told for minutes, so that one that says another number every moment
// moves nobody. Pure.

/** A home that is new counts as at most so many until it has told more for long enough. */
const FIRST_SLOTS = 4;

/** What a home tells that does not count yet: the nearest to what counts of all that it told since then. */
export interface ToldSlots {
  readonly slots: number;
  /** ms since epoch. */
  readonly sinceAt: number;
}

export interface HeldSlots {
  /** What counts. */
  readonly slots: number;
  /** What will, if it is told long enough; null where nothing else is told. */
  readonly told: ToldSlots | null;
}

/** `before`: null for a home that is new. `heldMs`: how long a number must be told. */
export function holdSlots(
  before: HeldSlots | null,
  told: number,
  { now, heldMs }: { now: number; heldMs: number },
): HeldSlots {
  const slots = before?.slots ?? Math.min(FIRST_SLOTS, told);
  if (told === slots) return { slots, told: null };
  const isMore = told > slots;
  const last = before?.told && before.told.slots > slots === isMore ? before.told : { slots: told, sinceAt: now };
  const nearest = isMore ? Math.min(last.slots, told) : Math.max(last.slots, told);
  return settle({ slots, told: { slots: nearest, sinceAt: last.sinceAt } }, { now, heldMs });
}

/** What counts once time has passed and nothing new was told. */
export function settle(held: HeldSlots, { now, heldMs }: { now: number; heldMs: number }): HeldSlots {
  const { told } = held;
  return told && now - told.sinceAt >= heldMs ? { slots: told.slots, told: null } : held;
}

// The next or the last time that this machine's clock shows 07:00. Pure.

export const MINUTES_OF_DAY = /^([01]?\d|2[0-3]):([0-5]\d)$/;

/** ms since epoch; null for what is no time of day. Across a change of the clocks it is the clock's 07:00 that counts. */
export function findTimeOfDay(text: string, now: number, which: 'next' | 'last'): number | null {
  const [, hours, minutes] = MINUTES_OF_DAY.exec(text.trim()) ?? [];
  if (hours === undefined || minutes === undefined) return null;
  const day = new Date(now);
  const at = (days: number): number =>
    new Date(day.getFullYear(), day.getMonth(), day.getDate() + days, Number(hours), Number(minutes)).getTime();
  if (which === 'next') return at(0) > now ? at(0) : at(1);
  return at(0) <= now ? at(0) : at(-1);
}

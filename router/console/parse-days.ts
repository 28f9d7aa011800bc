// How long something lasts, as somebody types it, in days. Pure.

/** As the API takes spans. */
const MOST_DAYS = 3660;

/** `1` to `3660`; null for anything else. */
export function parseDays(text: string): number | null {
  return /^[1-9]\d{0,3}$/.test(text) && Number(text) <= MOST_DAYS ? Number(text) : null;
}

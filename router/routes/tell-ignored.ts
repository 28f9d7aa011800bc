// The header that names what was left out of a request. Names are the caller's own text: only what any header may hold is written. Pure.

/** The whole header at most, characters: some clients read no longer ones. */
const MOST_CHARS = 2000;
const MOST_NAME_CHARS = 64;

/** Names with commas between them, everything but letters, digits and `_ . - [ ]` as in URLs; '' where nothing was left out. */
export function tellIgnored(names: readonly string[]): string {
  let told = '';
  for (const name of new Set(names.filter(Boolean))) {
    const safe = name
      .slice(0, MOST_NAME_CHARS)
      .toWellFormed()
      .replace(/[^\w.[\]-]/gu, encodeURIComponent);
    const longer = told === '' ? safe : `${told}, ${safe}`;
    if (longer.length > MOST_CHARS) break;
    told = longer;
  }
  return told;
}

// A figure and its unit, so that the unit can stand back. Pure.

/** Of `12.5 Wh` both; of anything else, such as a date or a word, the whole and null. */
export function splitUnit(text: string): readonly [figure: string, unit: string | null] {
  const [, figure, unit] = /^([-−]?[\d.,\s]*\d)\s(\D+)$/.exec(text) ?? [];
  return figure !== undefined && unit !== undefined ? [figure, unit] : [text, null];
}

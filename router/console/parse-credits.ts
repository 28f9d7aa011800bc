// An amount as somebody types it, in credits, as millionths of one. Pure.

/** `12`, `0.5`, `1,000.25`: above nothing and at most six decimals; null for anything else. */
export function parseCredits(text: string): number | null {
  const found = /^(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (!found) return null;
  const [, whole = '', part = ''] = found;
  const micro = Number(whole.replaceAll(',', '')) * 1_000_000 + Number(part.padEnd(6, '0'));
  return micro > 0 ? micro : null;
}

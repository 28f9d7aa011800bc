// JSON in one form only, so that a signature over it can be checked: names in order, no spaces (as RFC 8785 for what manifests hold: texts, whole numbers,
// lists and objects). Pure.

/** Throws for what a manifest cannot hold. */
export function encodeCanonical(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return JSON.stringify(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map(encodeCanonical).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`a manifest cannot hold ${typeof value}`);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, one]) => `${JSON.stringify(name)}:${encodeCanonical(one)}`).join(',')}}`;
}

// How a name or a pattern of models names one of them: one rule for what an owner chooses, what a home offers and what a caller asks.

/** What Ollama puts behind a name that has no tag: `name` and `name:latest` are one model there. */
const LATEST = ':latest';

/** The name without Ollama's `:latest`: two names are one model when these are equal. Case and spaces count. */
export function plainName(name: string): string {
  return name.length > LATEST.length && name.endsWith(LATEST) ? name.slice(0, -LATEST.length) : name;
}

/** How closely a pattern (an exact name, or a prefix before a trailing `*`) names a model: 0 by its very name, 1 with or without `:latest`, 2 by a prefix; null when it does not. */
export function rankName(pattern: string, name: string): 0 | 1 | 2 | null {
  if (pattern === name) return 0;
  if (plainName(pattern) === plainName(name)) return 1;
  return pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)) ? 2 : null;
}

/** True when `pattern` (an exact name, or a prefix before a trailing `*`) covers the name. */
export function matchesName(pattern: string, name: string): boolean {
  return rankName(pattern, name) !== null;
}

/** Of `items`, those whose name or pattern names the model most closely, in their order; none when none does. */
export function pickByName<T>(items: readonly T[], nameOf: (item: T) => string, name: string): T[] {
  const ranks = items.map((item) => rankName(nameOf(item), name) ?? Infinity);
  const best = Math.min(...ranks);
  return best === Infinity ? [] : items.filter((_, i) => ranks[i] === best);
}

// How a name or a pattern of models names one of them.

/** True when `pattern` (an exact name, or a prefix before a trailing `*`) covers the name. */
export function matchesName(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

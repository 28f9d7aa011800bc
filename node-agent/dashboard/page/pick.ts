// Tables of words, read by keys that somebody outside chose: what every object has by itself is in none of them.

export function pick<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

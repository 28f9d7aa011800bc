// A long text in pieces that fit a row. Pure.

/** Pieces of at most so many bytes of a text of ASCII; at least one. */
export function splitText(text: string, bytes: number): string[] {
  const count = Math.max(1, Math.ceil(text.length / bytes));
  return Array.from({ length: count }, (_, i) => text.slice(i * bytes, (i + 1) * bytes));
}

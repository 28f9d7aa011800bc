// Which lines of a kept log are from a time on. Pure.

/** A line for people begins with its time, one for programs holds it. */
const STAMP = /^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}) |^\{"time":"([^"]+)"/;

/** ms since epoch; null for a line that tells none. */
export function readLogTime(line: string): number | null {
  const [, people, programs] = STAMP.exec(line) ?? [];
  const at = Date.parse(people?.replace(' ', 'T') ?? programs ?? '');
  return Number.isNaN(at) ? null : at;
}

/** From the first line on that is not older: lines come in order, and what tells no time belongs to the one before. */
export function chooseLogLines(lines: readonly string[], sinceAt: number): readonly string[] {
  const first = lines.findIndex((line) => (readLogTime(line) ?? -1) >= sinceAt);
  return first < 0 ? [] : lines.slice(first);
}

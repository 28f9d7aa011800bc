// The rows of an attack run as a table for a terminal. Pure: text out.
import type { AttackRow } from './judge-attack.ts';

const COLUMNS: readonly (readonly [title: string, read: (row: AttackRow) => string])[] = [
  ['attack', ({ name }) => name],
  ['kind', ({ kind }) => kind],
  ['answered', ({ answered, asked }) => `${answered}/${asked}`],
  ['worst ms', ({ worstMs }) => String(worstMs)],
  ['beyond ms', ({ beyondMs }) => String(beyondMs)],
  ['memory MB', ({ memoryMb }) => String(memoryMb)],
  ['units', ({ units }) => String(units)],
  ['s', ({ tookS }) => String(tookS)],
  ['goals', ({ failed }) => (failed.length === 0 ? 'hold' : `NOT: ${failed.join(', ')}`)],
];

/** A line for each attack, and below it what got through. */
export function printAttacks(rows: readonly AttackRow[]): string {
  const lines = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, read]) => read(row)))];
  const widths = COLUMNS.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const [head, ...body] = lines.map((line) =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const told = body.flatMap((line, at) => [
    line,
    ...(rows[at]?.notes ?? []).map((note) => `    ${note.slice(0, 200)}`),
  ]);
  return [head, ...told].join('\n');
}

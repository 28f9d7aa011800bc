import { expect, test } from 'vitest';
import { findNumber } from './find-number.ts';
import type { NumberedRow } from './find-number.ts';

/** A row each ten ids, of four numbers each. */
const rows: NumberedRow[] = Array.from({ length: 1000 }, (_, i) => {
  return { id: 1_700_000_000_000_000 + 10 * i, numbers: [1, 2, 3, 4].map((n) => BigInt(4 * i + n)) };
});
const ids = { lowest: rows[0]!.id, highest: rows.at(-1)!.id };

function search(wanted: bigint, among = rows): { row: NumberedRow | null; looks: number } {
  let looks = 0;
  const rowFrom = (id: number): NumberedRow | null => {
    looks += 1;
    return among.find((row) => row.id >= id) ?? null;
  };
  return { row: findNumber(rowFrom, ids, wanted), looks };
}

test('every number is found in its row, in a few looks', () => {
  for (const wanted of [1n, 2n, 1999n, 2000n, 3999n, 4000n]) {
    const { row, looks } = search(wanted);
    expect(row?.numbers).toContain(wanted);
    expect(looks).toBeLessThan(20);
  }
});

test('one that came late is found near its place, and one that is nowhere is not', () => {
  const late = rows.map((row, i) => ({
    ...row,
    numbers: row.numbers.filter((n) => n !== 2000n).concat(i === 505 ? [2000n] : []),
  }));
  expect(search(2000n, late).row?.id).toBe(rows[505]!.id);
  expect(search(4001n).row).toBeNull();
  expect(search(1n, []).row).toBeNull();
});

// Where in rows of accepted receipts a number stands. Numbers rise with the rows, but for receipts that came late: those are looked for nearby. Pure.

/** A row's id and the numbers in it. */
export interface NumberedRow {
  readonly id: number;
  readonly numbers: readonly bigint[];
}

/** Rows beside the place that the numbers lead to. */
const NEARBY = 16;
/** Ids are numbers of 53 bits. */
const MOST_STEPS = 64;

/** `rowFrom`: the first row with this id or a higher one. Null where no row has the number, or it stands far from where it belongs. */
export function findNumber<R extends NumberedRow>(
  rowFrom: (id: number) => R | null,
  ids: { readonly lowest: number; readonly highest: number },
  wanted: bigint,
): R | null {
  let { lowest, highest } = ids;
  for (let steps = 0; steps < MOST_STEPS && lowest <= highest; steps++) {
    const middle = Math.floor((lowest + highest) / 2);
    const row = rowFrom(middle);
    if (row?.numbers.includes(wanted)) return row;
    if (!row || row.id > highest || isBelow(wanted, row)) highest = middle - 1;
    else lowest = row.id + 1;
  }
  // Behind the place: what came late.
  for (let row = rowFrom(lowest), n = 0; row && n < NEARBY; row = rowFrom(row.id + 1), n++)
    if (row.numbers.includes(wanted)) return row;
  return null;
}

function isBelow(wanted: bigint, { numbers }: NumberedRow): boolean {
  return numbers.every((number) => wanted < number);
}

// How the book knows what it has booked of a part, in SQL.

/** Events of a part, as their ids begin, each with its bit of `booked`: its settlement, its receipt that was paid later, what it earned beyond. */
export const BOOKED_BITS = { settle: 1, late: 2, rest: 4 } as const;

/** The file of a place that names a flush, which keeps the receipt: there was no object storage when it was a week old. */
export const IN_FLUSH = 0;

/** The 16 bytes of a job's id in SQL; an id of another form is its own bytes. */
export function jobKeySql(column: string): string {
  return `coalesce(unhex(substr(${column}, 5)), CAST(${column} AS BLOB))`;
}

/** Whether an event of a part has been booked, in SQL: the job's key, the part and the event's bit are given. */
export function isBookedSql(event: { readonly key: string; readonly part: string; readonly bit: string }): string {
  const { key, part, bit } = event;
  const onShelf = (table: string): string =>
    `EXISTS (SELECT 1 FROM ${table} AS old WHERE old.job = ${key} AND old.part = ${part} AND old.booked & ${bit})`;
  return `(${onShelf('part_receipts')} OR ${onShelf('receipt_places')})`;
}

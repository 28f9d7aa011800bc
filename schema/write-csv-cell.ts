// One cell of comma-separated values (RFC 4180) for spreadsheets. Pure. What a model, a machine or a job is called comes from anybody: a text that a
// spreadsheet would take for a formula is marked as a text, also where its first letter is a wide one, which some of them read the same.

const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** Empty for null; a number stays one. */
export function writeCsvCell(cell: string | number | boolean | null): string {
  if (cell === null) return '';
  const text = typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

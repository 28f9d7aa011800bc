// Flushes without their parts and receipts, as they stand in a file of the archive: whatever the projections are made of is told there when the book has
// let go of it. Pure.
import type { EarningRow, UsageRow } from './build-usage.ts';
import { dayOf } from './build-usage.ts';
import type { Sums } from './build-flush.ts';
import { monthOf } from './compute-periods.ts';

const HOUR_MS = 3_600_000;

/** What came alone has moved, as its list says. */
interface Alone {
  readonly days: readonly (readonly [day: number, book: string, amount: number, postings: number])[];
  readonly homes: readonly (readonly [nodeId: string, brought: number, drawn: number])[];
}

/** A flush as the book has it, its JSON as texts. */
export interface FlushTexts {
  readonly seq: number;
  readonly account_id: string;
  readonly at: number;
  readonly postings: string;
  readonly homes: string;
  readonly usage: string;
  readonly earnings: string;
  readonly alone: string | null;
}

type Line = readonly [
  seq: number,
  accountId: string,
  at: number,
  postings: Sums,
  homes: Sums,
  /** An object where the flush is older than these. */
  usage: readonly UsageRow[] | object,
  earnings: readonly EarningRow[] | object,
  alone: Alone | null,
];

export const PROJECTIONS = [
  'balances',
  'home_fees',
  'book_days',
  'usage_days',
  'usage_hours',
  'usage_months',
  'node_days',
] as const;
export type ProjectionName = (typeof PROJECTIONS)[number];

/** Of one projection: sums by key, both in the order of its columns. */
export type ProjectionRow = readonly [key: readonly (string | number)[], sums: readonly number[]];
export type ProjectionSums = Readonly<Record<ProjectionName, readonly ProjectionRow[]>>;

/** JSON text. */
export function packJournal(flushes: readonly FlushTexts[]): string {
  const lines = flushes.map(({ seq, account_id: accountId, at, postings, homes, usage, earnings, alone }) => {
    const texts = [postings, homes, usage, earnings, alone ?? 'null'];
    return `[${seq},${JSON.stringify(accountId)},${at},${texts.join(',')}]`;
  });
  return `[${lines.join(',\n')}]`;
}

/** What a journal adds to each projection. Throws where it is none. */
export function sumJournal(text: string): ProjectionSums {
  const lines = JSON.parse(text) as readonly Line[];
  return {
    balances: addRows(
      lines.flatMap(([, , , postings, , , , alone]): ProjectionRow[] => [
        ...Object.entries(postings).map(([book, amount]): ProjectionRow => [[book], [amount]]),
        ...(alone?.days ?? []).map(([, book, amount]): ProjectionRow => [[book], [amount]]),
      ]),
    ),
    home_fees: addRows(
      lines.flatMap(([, , , , homes, , , alone]): ProjectionRow[] => [
        ...Object.entries(homes).map(([node, brought]): ProjectionRow => [[node], [brought, 0]]),
        ...(alone?.homes ?? []).map(([node, ...sums]): ProjectionRow => [[node], sums]),
      ]),
    ),
    book_days: addRows(
      lines.flatMap(([, , at, postings, , , , alone]): ProjectionRow[] => [
        ...Object.entries(postings).map(([book, amount]): ProjectionRow => [
          [dayOf(at), book],
          [amount, 1],
        ]),
        ...(alone?.days ?? []).map(([day, book, ...sums]): ProjectionRow => [[day, book], sums]),
      ]),
    ),
    usage_days: addRows(
      lines.flatMap(([, accountId, , , , usage]) => listOf(usage).map((row) => toUsage(row as UsageRow, accountId))),
    ),
    usage_hours: addRows(
      lines.flatMap(([, accountId, at, , , usage]) =>
        listOf(usage).map((row): ProjectionRow => {
          const [[account = '', day = 0, ...names], counts] = toUsage(row as UsageRow, accountId);
          return [[account, hourOf(Number(day), at), ...names], counts];
        }),
      ),
    ),
    usage_months: addRows(
      lines.flatMap(([, accountId, , , , usage]) =>
        listOf(usage).map((row): ProjectionRow => {
          const [[account = '', day = 0, keyId = '', model = '', , kind = ''], counts] = toUsage(
            row as UsageRow,
            accountId,
          );
          return [[account, monthOf(Number(day)), keyId, model, kind], counts];
        }),
      ),
    ),
    node_days: addRows(
      lines.flatMap(([, , , , , , earnings]) => listOf(earnings).map((row) => toEarnings(row as EarningRow))),
    ),
  };
}

/** Several journals as one. */
export function addSums(parts: readonly ProjectionSums[]): ProjectionSums {
  const all = (name: ProjectionName): ProjectionRow[] => addRows(parts.flatMap((part) => part[name]));
  return {
    balances: all('balances'),
    home_fees: all('home_fees'),
    book_days: all('book_days'),
    usage_days: all('usage_days'),
    usage_hours: all('usage_hours'),
    usage_months: all('usage_months'),
    node_days: all('node_days'),
  };
}

/** An hour of the day itself, as usage-sql.ts has it. */
function hourOf(day: number, at: number): number {
  return Math.max(day * 24, Math.min(day * 24 + 23, Math.floor(at / HOUR_MS)));
}

/** A row of a list of what came alone says its account behind all else. */
function toUsage([day, keyId, model, country, kind, ...counts]: UsageRow, accountId: string): ProjectionRow {
  const [own] = counts.slice(7) as unknown as (string | undefined)[];
  return [[own ?? accountId, day, keyId, model, country, kind], counts.slice(0, 7)];
}

function toEarnings([day, nodeId, ownerAccountId, model, ...counts]: EarningRow): ProjectionRow {
  return [[nodeId, day, model, ownerAccountId], counts];
}

function listOf(rows: readonly unknown[] | object): readonly unknown[] {
  return Array.isArray(rows) ? rows : [];
}

function addRows(rows: readonly ProjectionRow[]): ProjectionRow[] {
  const sums = new Map<string, ProjectionRow>();
  for (const [key, amounts] of rows) {
    const name = JSON.stringify(key);
    const known = sums.get(name)?.[1];
    sums.set(name, [key, known ? known.map((sum, i) => sum + (amounts[i] ?? 0)) : amounts]);
  }
  return [...sums.values()];
}

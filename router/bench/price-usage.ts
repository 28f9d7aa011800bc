// From what was counted to USD for a million jobs, line by line. Pure.
import { OBJECT_GB, USD_PER_MILLION } from './price-list.ts';

/** What a Worker counts of itself (usage-counts.ts). */
export interface Usage {
  readonly workerRequests: number;
  readonly d1: {
    readonly rowsRead: number;
    readonly queries: number;
    readonly rowsWritten: Readonly<Record<string, number>>;
  };
  readonly objects: Readonly<Record<string, ObjectUsage>>;
}

export interface ObjectUsage {
  readonly calls: number;
  readonly alarms: number;
  readonly alarmsSet: number;
  readonly socketMessages: number;
  readonly rowsRead: number;
  readonly rowsWritten: Readonly<Record<string, number>>;
  readonly activeMs: number;
}

/** What is known from outside. */
export interface RunFacts {
  readonly jobs: number;
  /** How long hubs had streams, all of them together: they work as long. */
  readonly hubMs: number;
  readonly redisCommands: number;
  /** Of all of workerd: the edge's share is less. */
  readonly workerCpuMs: number;
}

export interface CostLine {
  readonly what: string;
  /** For each job. */
  readonly count: number;
  /** For a million jobs. */
  readonly usd: number;
  /** By class or table, for each job. */
  readonly of: Readonly<Record<string, number>>;
}

/** What came between two counts. */
export function subtractUsage(after: Usage, before: Usage): Usage {
  return subtract(after, before) as unknown as Usage;
}

type Numbers = number | { readonly [name: string]: Numbers };

function subtract(after: unknown, before: unknown): Numbers {
  if (typeof after === 'number') return after - (typeof before === 'number' ? before : 0);
  const known = (before ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(after as object).map(([name, value]) => [name, subtract(value, known[name])]),
  );
}

/** Each line that the platform bills, dearest first. */
export function priceUsage(usage: Usage, facts: RunFacts): CostLine[] {
  const { jobs } = facts;
  const prices = USD_PER_MILLION;
  const line = (what: string, price: number, of: Readonly<Record<string, number>>): CostLine => {
    const each = Object.fromEntries(Object.entries(of).map(([name, count]) => [name, count / jobs]));
    const count = sum(Object.values(each));
    return { what, count, usd: count * price, of: each };
  };
  const byClass = (pick: (one: ObjectUsage) => number): Record<string, number> =>
    Object.fromEntries(Object.entries(usage.objects).map(([name, one]) => [name, pick(one)]));
  const rows = Object.entries(usage.objects).flatMap(([name, { rowsWritten }]) =>
    Object.entries(rowsWritten).map(([table, count]) => [`${name}.${table}`, count] as const),
  );
  const gbS = (name: string, activeMs: number): number =>
    ((name === 'Hub' ? facts.hubMs : activeMs) / 1000) * OBJECT_GB;
  const durations = Object.entries(usage.objects).map(([name, { activeMs }]) => [name, gbS(name, activeMs)] as const);
  return [
    line('D1 rows written', prices.d1RowWritten, usage.d1.rowsWritten),
    line('D1 rows read', prices.d1RowRead, { all: usage.d1.rowsRead }),
    line('object rows written', prices.objectRowWritten, Object.fromEntries(rows)),
    line(
      'object rows read',
      prices.objectRowRead,
      byClass(({ rowsRead }) => rowsRead),
    ),
    line(
      'alarms set',
      prices.alarmSet,
      byClass(({ alarmsSet }) => alarmsSet),
    ),
    line(
      'object requests (calls, alarms)',
      prices.objectRequest,
      byClass(({ calls, alarms }) => calls + alarms),
    ),
    line(
      'socket messages in',
      prices.socketMessage,
      byClass(({ socketMessages }) => socketMessages),
    ),
    line('object GB-s', prices.objectGbS, Object.fromEntries(durations)),
    line('Redis commands', prices.redisCommand, { all: facts.redisCommands }),
    line('Worker requests', prices.workerRequest, { all: usage.workerRequests }),
    line('CPU ms (all of workerd: at most)', prices.workerCpuMs, { all: facts.workerCpuMs }),
  ].toSorted((a, b) => b.usd - a.usd);
}

/** The same job as a first design would carry it: an object for each home, a frame a token, five Redis commands, a D1 row with two indexes. */
export function priceNaive(tokens: number, seconds: number): CostLine[] {
  const prices = USD_PER_MILLION;
  const line = (what: string, count: number, price: number): CostLine => ({ what, count, usd: count * price, of: {} });
  return [
    line('object GB-s', seconds * OBJECT_GB, prices.objectGbS),
    line('Redis commands', 5, prices.redisCommand),
    line('D1 rows written', 3, prices.d1RowWritten),
    line('socket messages in', tokens + 1, prices.socketMessage),
    line('Worker requests', 1, prices.workerRequest),
    line('object requests (calls, alarms)', 1, prices.objectRequest),
  ];
}

export function sumUsd(lines: readonly CostLine[]): number {
  return sum(lines.map(({ usd }) => usd));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

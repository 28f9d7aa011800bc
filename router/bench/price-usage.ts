// From what was counted to USD for a million jobs, line by line. Pure.
import { PING_INTERVAL_MS } from '../../schema/frames.ts';
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

const PINGED = 'socket messages in';

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
      PINGED,
      prices.socketMessage,
      byClass(({ socketMessages }) => socketMessages),
    ),
    line('object GB-s', prices.objectGbS, Object.fromEntries(durations)),
    line('Redis commands', prices.redisCommand, { all: facts.redisCommands }),
    line('Worker requests', prices.workerRequest, { all: usage.workerRequests }),
    line('CPU ms (all of workerd: at most)', prices.workerCpuMs, { all: facts.workerCpuMs }),
  ].toSorted((a, b) => b.usd - a.usd);
}

const MONTH_S = 30 * 86_400;
/** A home pings so often, and its hub answers without waking. */
const PING_EVERY_S = PING_INTERVAL_MS / 1000;

/** What homes at rest come to: counts for each home in a month, USD for a thousand of them. */
export function priceIdle(
  usage: Usage,
  {
    homes,
    seconds,
    redisCommands,
  }: { readonly homes: number; readonly seconds: number; readonly redisCommands: number },
): CostLine[] {
  const months = (homes * seconds) / MONTH_S;
  const facts = { jobs: months, hubMs: usage.objects['Hub']?.activeMs ?? 0, redisCommands, workerCpuMs: 0 };
  const pings = MONTH_S / PING_EVERY_S;
  const lines = priceUsage(usage, facts).map((line) =>
    line.what === PINGED
      ? { ...line, count: line.count + pings, usd: line.usd + pings * USD_PER_MILLION.socketMessage }
      : line,
  );
  return lines.filter(({ count }) => count > 0).map(toThousandHomes);
}

/** The first design at rest: an object for each home that never sleeps, and a heartbeat every ten seconds that is written to presence. */
export function priceNaiveIdle(): CostLine[] {
  const beats = MONTH_S / 10;
  const line = (what: string, count: number, price: number): CostLine => ({ what, count, usd: count * price, of: {} });
  return [
    line('object GB-s', MONTH_S * OBJECT_GB, USD_PER_MILLION.objectGbS),
    line('Redis commands', 2 * beats, USD_PER_MILLION.redisCommand),
    line(PINGED, beats, USD_PER_MILLION.socketMessage),
  ].map(toThousandHomes);
}

/** Prices are for a million of what is counted. */
function toThousandHomes(line: CostLine): CostLine {
  return { ...line, usd: line.usd / 1000 };
}

/** The same job as a first design would carry it: an object for each home, a frame a token, five Redis commands, a D1 row with two indexes. */
export function priceNaive(tokens: number, seconds: number): CostLine[] {
  const prices = USD_PER_MILLION;
  const line = (what: string, count: number, price: number): CostLine => ({ what, count, usd: count * price, of: {} });
  return [
    line('object GB-s', seconds * OBJECT_GB, prices.objectGbS),
    line('Redis commands', 5, prices.redisCommand),
    line('D1 rows written', 3, prices.d1RowWritten),
    line(PINGED, tokens + 1, prices.socketMessage),
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

// What a caller asks of its usage, read from the query: each fault names its field and what it may be. Pure.
import { JOB_KINDS } from '../../schema/job-kinds.ts';
import { parseJson } from '../../schema/json.ts';
import type { Caller } from '../auth/judge-key.ts';
import { onlyKeySeen } from '../auth/judge-rights.ts';
import { firstDayOf, USAGE_GROUPS } from '../billing/build-usage-query.ts';
import type { UsageAsk, UsageGroup } from '../billing/build-usage-query.ts';
import { dayOf, HOURS_KEPT_DAYS, NO_KIND } from '../billing/build-usage.ts';
import { monthOf } from '../billing/compute-periods.ts';
import { ApiError } from '../errors.ts';

const DAY_MS = 86_400_000;
/** Days that are told where nobody says from when. */
const DEFAULT_DAYS = 30;
/** A leap year: what one question may look at. */
const MOST_DAYS = 366;
/** Days that are told by the hour, and months, where nobody says from when. */
const DEFAULT_HOURS_DAYS = 2;
const DEFAULT_MONTHS = 12;
/** Of months there are few. */
const MOST_MONTHS_DAYS = 3660;
const MOST_ROWS = 10_000;
const DEFAULT_ROWS = 1000;
const MOST_NAME_CHARS = 300;

const TIMES: ReadonlySet<UsageGroup> = new Set(['hour', 'day', 'month']);

export type UsageFormat = 'json' | 'csv';

export interface UsageWish {
  readonly ask: UsageAsk;
  readonly format: UsageFormat;
}

interface Asking {
  /** A parameter of the query; undefined where it is not told. */
  readonly query: (name: string) => string | undefined;
  readonly accept: string | undefined;
  readonly caller: Caller;
  readonly now: number;
}

/** Null where nothing of it is asked for: the balance and the totals of ever. Throws ApiError 400 with `param`. */
export function readUsageQuery({ query, accept, caller, now }: Asking): UsageWish | null {
  const format = readFormat(query('format'), accept);
  const names = ['group_by', 'from', 'to', 'key', 'model', 'kind', 'country', 'after', 'limit'];
  if (format === 'json' && names.every((name) => query(name) === undefined)) return null;
  const groups = readGroups(query('group_by'), format);
  const span = readSpan({ query, now, groups });
  return {
    format,
    ask: {
      ...whoseUsage(caller),
      groups,
      ...span,
      key: readName('key', query('key')),
      model: readName('model', query('model')),
      kind: readKind(query('kind')),
      country: readCountry(query('country')),
      after: readAfter(query('after'), groups),
      limit: readLimit(query('limit'), format),
    },
  };
}

/** Hours are asked of the days that have them; months over years. */
function readSpan({
  query,
  now,
  groups,
}: Pick<Asking, 'query' | 'now'> & { readonly groups: readonly UsageGroup[] }): Pick<UsageAsk, 'fromDay' | 'toDay'> {
  const today = dayOf(now);
  const toDay = readDay('to', query('to')) ?? today;
  const fromDay = readDay('from', query('from')) ?? startOf(toDay, groups);
  if (fromDay > toDay) throw refuse('from', "a day not after 'to'");
  if (groups.includes('hour') && fromDay <= today - HOURS_KEPT_DAYS)
    throw refuse(
      'from',
      `within the last ${HOURS_KEPT_DAYS} days: hours are kept for so long, ask by day for what was before`,
    );
  const most = groups.includes('month') && !groups.includes('day') ? MOST_MONTHS_DAYS : MOST_DAYS;
  if (toDay - fromDay >= most) throw refuse('from', `at most ${most} days before 'to'`);
  return { fromDay, toDay };
}

function startOf(toDay: number, groups: readonly UsageGroup[]): number {
  if (groups.includes('hour')) return toDay - DEFAULT_HOURS_DAYS + 1;
  if (groups.includes('month') && !groups.includes('day')) return firstDayOf(monthOf(toDay) - DEFAULT_MONTHS + 1);
  return toDay - DEFAULT_DAYS + 1;
}

/** Whose usage a caller may read: all of its account's, or its own key's alone. */
function whoseUsage(caller: Caller): Pick<UsageAsk, 'accountId' | 'ownKeyId'> {
  return { accountId: caller.accountId, ownKeyId: onlyKeySeen(caller) };
}

function readFormat(told: string | undefined, accept: string | undefined): UsageFormat {
  if (told === undefined) return accept?.includes('text/csv') === true ? 'csv' : 'json';
  if (told !== 'json' && told !== 'csv') throw refuse('format', 'json or csv');
  return told;
}

/** A table of nothing but one line is nobody's wish: it is told by day. */
function readGroups(told: string | undefined, format: UsageFormat): UsageGroup[] {
  if (told === undefined || told === '') return format === 'csv' ? ['day'] : [];
  const groups = told.split(',').map((name) => name.trim());
  const known = groups.filter((name): name is UsageGroup => (USAGE_GROUPS as readonly string[]).includes(name));
  if (known.length < groups.length || new Set(known).size < known.length)
    throw refuse('group_by', `some of ${USAGE_GROUPS.join(', ')}, each once, with commas between them`);
  return known;
}

function readDay(param: string, told: string | undefined): number | null {
  if (told === undefined) return null;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(told) ? Date.parse(`${told}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== told)
    throw refuse(param, 'a UTC day as 2026-01-31');
  return at / DAY_MS;
}

function readName(param: string, told: string | undefined): string | null {
  if (told === undefined) return null;
  if (told === '' || told.length > MOST_NAME_CHARS) throw refuse(param, `1 to ${MOST_NAME_CHARS} characters`);
  return told;
}

function readKind(told: string | undefined): string | null {
  const kinds: readonly string[] = [...JOB_KINDS, NO_KIND];
  if (told !== undefined && !kinds.includes(told)) throw refuse('kind', `one of ${kinds.join(', ')}`);
  return told ?? null;
}

/** As homes tell it: two letters, or what stands for a country that nobody knows. */
function readCountry(told: string | undefined): string | null {
  if (told !== undefined && !/^[A-Z][A-Z0-9]$/.test(told)) throw refuse('country', 'two capital letters as DE');
  return told ?? null;
}

/** As `next` of the page before told it. */
function readAfter(told: string | undefined, groups: readonly UsageGroup[]): (string | number)[] | null {
  if (told === undefined) return null;
  const place = parseJson(told);
  const isPlace =
    Array.isArray(place) &&
    place.length === groups.length &&
    groups.every((group, i) => typeof place[i] === (TIMES.has(group) ? 'number' : 'string'));
  if (!isPlace) throw refuse('after', "what 'next' of the page before says, with the same group_by");
  return place as (string | number)[];
}

function readLimit(told: string | undefined, format: UsageFormat): number {
  if (told === undefined) return format === 'csv' ? MOST_ROWS : DEFAULT_ROWS;
  const limit = Number(told);
  if (!/^\d+$/.test(told) || limit < 1 || limit > MOST_ROWS)
    throw refuse('limit', `a whole number from 1 to ${MOST_ROWS}`);
  return limit;
}

function refuse(param: string, expected: string): ApiError {
  return new ApiError('invalid_value', `'${param}' must be ${expected}.`, { param });
}

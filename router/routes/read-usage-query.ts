// What a caller asks of its usage, read from the query: each fault names its field and what it may be. Pure.
import { JOB_KINDS } from '../../schema/job-kinds.ts';
import { parseJson } from '../../schema/json.ts';
import type { Caller } from '../auth/judge-key.ts';
import { onlyKeySeen } from '../auth/judge-rights.ts';
import { USAGE_GROUPS } from '../billing/build-usage-query.ts';
import type { UsageAsk, UsageGroup } from '../billing/build-usage-query.ts';
import { dayOf, NO_KIND } from '../billing/build-usage.ts';
import { ApiError } from '../errors.ts';

const DAY_MS = 86_400_000;
/** Days that are told where nobody says from when. */
const DEFAULT_DAYS = 30;
/** A leap year: what one question may look at. */
const MOST_DAYS = 366;
const MOST_ROWS = 10_000;
const DEFAULT_ROWS = 1000;
const MOST_NAME_CHARS = 300;

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
  const names = ['group_by', 'from', 'to', 'key', 'model', 'kind', 'after', 'limit'];
  if (format === 'json' && names.every((name) => query(name) === undefined)) return null;
  const groups = readGroups(query('group_by'), format);
  const toDay = readDay('to', query('to')) ?? dayOf(now);
  const fromDay = readDay('from', query('from')) ?? toDay - DEFAULT_DAYS + 1;
  if (fromDay > toDay) throw refuse('from', "a day not after 'to'");
  if (toDay - fromDay >= MOST_DAYS) throw refuse('from', `at most ${MOST_DAYS} days before 'to'`);
  return {
    format,
    ask: {
      ...whoseUsage(caller),
      groups,
      fromDay,
      toDay,
      key: readName('key', query('key')),
      model: readName('model', query('model')),
      kind: readKind(query('kind')),
      after: readAfter(query('after'), groups),
      limit: readLimit(query('limit'), format),
    },
  };
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

/** As `next` of the page before told it. */
function readAfter(told: string | undefined, groups: readonly UsageGroup[]): (string | number)[] | null {
  if (told === undefined) return null;
  const place = parseJson(told);
  const isPlace =
    Array.isArray(place) &&
    place.length === groups.length &&
    groups.every((group, i) => typeof place[i] === (group === 'day' ? 'number' : 'string'));
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

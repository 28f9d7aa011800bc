// What the page of usage is asked for, in its address: groups, days, one key, model or country, what the table is sorted by and which page of it. Anything that is none of these
// stands for what is usual. Pure.
import * as z from 'zod';
import type { UsageTime } from './list-times.ts';

export const USAGE_VIEWS = ['hour', 'day', 'month', 'model', 'key', 'country'] as const;
/** What a table can be of alone. */
export const USAGE_FILTERS = ['key', 'model', 'country'] as const;
export type UsageFilterName = (typeof USAGE_FILTERS)[number];
/** Columns that a table is sorted by, the largest first. */
export const USAGE_SORTS = ['jobs', 'prompt_tokens', 'output_tokens', 'charged', 'energy_micro_wh'] as const;
export type UsageSort = (typeof USAGE_SORTS)[number];

const SPANS = [1, 7, 30, 90, 365] as const;
/** Hours beyond a week are no picture, and a month needs its days. */
const SPANS_OF: Partial<Record<string, readonly number[]>> = { hour: [1, 7], month: [90, 365] };
const MOST_PAGES = 1_000_000;

/** An empty field of a form asks for nothing. */
const name = z.string().min(1).max(300).nullable().catch(null);
const viewSchema = z.object({
  by: z.enum(USAGE_VIEWS).catch('day'),
  days: z.coerce
    .number()
    .refine((days) => (SPANS as readonly number[]).includes(days))
    .catch(30),
  key: name,
  model: name,
  country: z
    .string()
    .regex(/^[A-Z][A-Z0-9]$/)
    .nullable()
    .catch(null),
  sort: z.enum(USAGE_SORTS).nullable().catch(null),
  page: z.coerce.number().int().min(1).max(MOST_PAGES).catch(1),
});
export type UsageView = z.output<typeof viewSchema>;

export function readUsageView(query: (name: string) => string | undefined): UsageView {
  const view = viewSchema.parse({
    by: query('by'),
    days: query('days') ?? 30,
    key: query('key'),
    model: query('model'),
    country: query('country'),
    sort: query('sort') ?? null,
    page: query('page') ?? 1,
  });
  return fitSpan(view);
}

export function spansOf(by: UsageView['by']): readonly number[] {
  return SPANS_OF[by] ?? SPANS;
}

/** The span that is asked for, or the nearest that its groups have. */
function fitSpan(view: UsageView): UsageView {
  const spans = spansOf(view.by);
  const days = spans.includes(view.days) ? view.days : spans[view.by === 'hour' ? 0 : spans.length - 1];
  return { ...view, days: days ?? view.days };
}

/** What a table is sorted by: times by themselves, anything else by what it cost, unless its reader says otherwise. */
export function sortOf({ by, sort }: Pick<UsageView, 'by' | 'sort'>): UsageSort | null {
  return sort ?? (by === timeOf(by) ? null : 'charged');
}

/** What the chart goes by. */
export function timeOf(by: UsageView['by']): UsageTime {
  return by === 'hour' || by === 'month' ? by : 'day';
}

/** Where the same is shown otherwise: from its first page on, unless another is named. */
export function viewPath(view: UsageView, change: Partial<UsageView>): string {
  const next = { ...view, page: 1, ...change };
  const query = new URLSearchParams({ by: next.by, days: String(next.days), ...listFilters(next) });
  if (next.sort !== null) query.set('sort', next.sort);
  if (next.page > 1) query.set('page', String(next.page));
  return `/console?${query.toString()}`;
}

/** The same as a table to take away: all of it. `from`, `to`: UTC days as the API reads them. */
export function csvPath(view: UsageView, { from, to }: { readonly from: string; readonly to: string }): string {
  const query = new URLSearchParams({ format: 'csv', group_by: view.by, from, to, ...listFilters(view) });
  return `/console/api/v1/usage?${query.toString()}`;
}

export function isFiltered(view: UsageView): boolean {
  return USAGE_FILTERS.some((filter) => view[filter] !== null);
}

function listFilters(view: UsageView): Record<string, string> {
  const given = USAGE_FILTERS.flatMap((filter) => (view[filter] === null ? [] : [[filter, view[filter]] as const]));
  return Object.fromEntries(given);
}

// The form that asks for the usage of one key, model or country alone. What can be asked for is what was used, out of the same totals.
import type { UsageAsk } from '../../billing/build-usage-query.ts';
import type { DayTotals, UsageSums } from '../../billing/day-totals.ts';
import { SelectField } from '../../look/form.tsx';
import type { Choice } from '../../look/form.tsx';
import { formatCountry } from '../../look/format-number.ts';
import type { Locale } from '../../look/words.ts';
import { orNull } from '../or-null.ts';
import { isFiltered, USAGE_FILTERS, viewPath } from './read-usage-view.ts';
import type { UsageFilterName, UsageView } from './read-usage-view.ts';
import type { UsageWords } from './usage-words.ts';

const MOST_CHOICES = 200;
/** Countries stand in totals of days alone: those of more days take longer than the page may, and have their rows in its table. */
const COUNTRY_DAYS = 30;

export type UsageChoices = Readonly<Record<UsageFilterName, readonly UsageSums[]>>;

/** Of one name none where they cannot be told. */
export async function findUsageChoices(
  dayTotals: DayTotals,
  ask: Pick<UsageAsk, 'accountId' | 'ownKeyId' | 'fromDay' | 'toDay'>,
): Promise<UsageChoices> {
  const find = async (group: UsageFilterName): Promise<readonly UsageSums[]> => {
    const fromDay = group === 'country' ? Math.max(ask.fromDay, ask.toDay - COUNTRY_DAYS + 1) : ask.fromDay;
    const all = { key: null, model: null, kind: null, after: null, limit: MOST_CHOICES };
    return (await orNull(dayTotals.page({ ...ask, ...all, fromDay, groups: [group] })))?.rows ?? [];
  };
  const [key, model, country] = await Promise.all([find('key'), find('model'), find('country')]);
  return { key, model, country };
}

/** Keys that were used in these days, as a form offers them: by name, with one that is chosen in any case. Null where they cannot be told. */
export async function findUsedKeys(
  dayTotals: DayTotals,
  ask: Pick<UsageAsk, 'accountId' | 'ownKeyId' | 'fromDay' | 'toDay'>,
  { chosen, ...telling }: Telling & { readonly chosen: string | null },
): Promise<Choice[]> {
  const all = { key: null, model: null, kind: null, after: null, limit: MOST_CHOICES, largest: 'charged' } as const;
  const rows = (await orNull(dayTotals.page({ ...ask, ...all, groups: ['key'] })))?.rows ?? [];
  const choices = rows.map((row) => ({ value: valueOf('key', row), label: nameOf('key', row, telling) }));
  return chosen === null || choices.some(({ value }) => value === chosen)
    ? choices
    : [...choices, { value: chosen, label: chosen }];
}

interface Telling {
  readonly words: UsageWords;
  readonly locale: Locale;
}

export function UsageFilter({
  view,
  choices,
  isOwn,
  ...telling
}: Telling & {
  readonly view: UsageView;
  readonly choices: UsageChoices;
  /** Who sees one key alone chooses none. */
  readonly isOwn: boolean;
}) {
  const { words } = telling;
  const names = USAGE_FILTERS.filter((filter) => filter !== 'key' || !isOwn);
  return (
    <form method="get" action="/console" class="row">
      <input type="hidden" name="by" value={view.by} />
      <input type="hidden" name="days" value={String(view.days)} />
      {view.sort !== null && <input type="hidden" name="sort" value={view.sort} />}
      {names.map((filter) => (
        <SelectField
          name={filter}
          label={words[filter]}
          value={view[filter] ?? ''}
          choices={[{ value: '', label: words.all }, ...listChoices(filter, { view, choices, ...telling })]}
        />
      ))}
      <p class="inline">
        <button class="quiet">{words.show}</button>
        {isFiltered(view) && <a href={viewPath(view, { key: null, model: null, country: null })}>{words.showAll}</a>}
      </p>
    </form>
  );
}

/** What is chosen stands there in any case. */
function listChoices(
  filter: UsageFilterName,
  { view, choices, ...telling }: Telling & { readonly view: UsageView; readonly choices: UsageChoices },
): Choice[] {
  const listed = choices[filter].map((row) => ({ value: valueOf(filter, row), label: nameOf(filter, row, telling) }));
  const chosen = view[filter];
  if (chosen === null || listed.some(({ value }) => value === chosen)) return listed;
  return [...listed, { value: chosen, label: filter === 'country' ? formatCountry(chosen, telling.locale) : chosen }];
}

/** As it is asked for. */
export function valueOf(filter: UsageFilterName, row: UsageSums): string {
  return row[filter === 'key' ? 'key_id' : filter] ?? '';
}

/** As people know it. */
export function nameOf(filter: UsageFilterName, row: UsageSums, { words, locale }: Telling): string {
  switch (filter) {
    case 'model':
      return row.model ?? '';
    case 'key':
      return row.key_name ?? (row.key_id?.startsWith('console:') ? words.console : words.gone);
    case 'country':
      return formatCountry(row.country ?? '', locale);
  }
}

// Usage: what is left, and what was used by hour, day, month, model, key or country, from totals and never from the ledger.
import { Hono } from 'hono';
import { dayOf } from '../../billing/build-usage.ts';
import { monthOf } from '../../billing/compute-periods.ts';
import { firstDayOf } from '../../billing/build-usage-query.ts';
import type { UsageSums } from '../../billing/day-totals.ts';
import { BarChart } from '../../look/chart.tsx';
import { formatCredits, formatCreditsWhole } from '../../look/format-money.ts';
import { formatCount, formatMeasure, formatShare } from '../../look/format-number.ts';
import { Facts, Note, Sheet, Tabs } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Column } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { onlyKeySeen } from '../../auth/judge-rights.ts';
import { orNull } from '../or-null.ts';
import { OwnMachines, readOwnMachines } from '../owner/own-machines.tsx';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { formatUsageTime, listTimes } from './list-times.ts';
import type { UsageTime } from './list-times.ts';
import {
  csvPath,
  isFiltered,
  readUsageView,
  sortOf,
  spansOf,
  timeOf,
  USAGE_VIEWS,
  viewPath,
} from './read-usage-view.ts';
import type { UsageSort, UsageView } from './read-usage-view.ts';
import { findUsageChoices, nameOf, UsageFilter, valueOf } from './usage-filter.tsx';
import { USAGE_WORDS } from './usage-words.ts';
import type { UsageWords } from './usage-words.ts';

export const usagePages = new Hono<ConsoleEnv>();

const DAY_MS = 86_400_000;
/** Rows of a page of the table. */
const PAGE = 50;
/** More than a leap year has days, or a week hours: the chart and a table of times are read whole. */
const MOST_TIMES = 1000;

usagePages.get('/console', async (c) => {
  const { caller } = await requireMember(c, 'usage');
  const { locale } = c.get('visit');
  const words = USAGE_WORDS[locale];
  const view = readUsageView((name) => c.req.query(name));
  const time = timeOf(view.by);
  const ask = { ...daysOf(view), accountId: caller.accountId, ownKeyId: onlyKeySeen(caller) };
  const { dayTotals, account } = c.get('services');
  const { key, model, country } = view;
  const wanted = { ...ask, key, model, country, kind: null, after: null };
  const page = { groups: [view.by], limit: PAGE, skip: (view.page - 1) * PAGE, largest: sortOf(view) };
  const [machines, now, times, rows, choices] = await Promise.all([
    // Who sees one key alone is told of no machine.
    ask.ownKeyId === null ? readOwnMachines(c.get('services'), caller.accountId) : { data: [], next: null },
    orNull(account(caller.accountId).usage()),
    orNull(dayTotals.find({ ...wanted, groups: [time], limit: MOST_TIMES })),
    view.by === time ? null : orNull(dayTotals.page({ ...wanted, ...page })),
    findUsageChoices(dayTotals, ask),
  ]);
  const shown = view.by === time ? times && pageTimes(times.rows, view) : rows;
  const telling = { words, locale };
  const body = (
    <>
      <h1>{words.title}</h1>
      <Sheet>
        <Facts
          facts={[
            {
              name: words.left,
              value: now ? `${formatCredits(now.balance - now.held, locale)} ${words.credits}` : '–',
              ...(now && now.held > 0 && { note: words.held(formatCredits(now.held, locale)) }),
            },
            ...tellPeriod(times?.all ?? null, telling),
          ]}
        />
      </Sheet>
      <OwnMachines read={machines} locale={locale} />
      <Tabs label={words.span} tabs={spansOf(view.by).map((days) => tab(view, { days }, words.days(days)))} />
      <UsageFilter view={view} choices={choices} isOwn={ask.ownKeyId !== null} {...telling} />
      {(times === null || shown === null) && <Note tone="bad">{words.notNow}</Note>}
      {times !== null && times.rows.length > 0 && (
        <Sheet>
          <TimeChart time={time} rows={times.rows} ask={ask} {...telling} />
        </Sheet>
      )}
      <Sheet title={words.table}>
        <Tabs label={words.by} tabs={USAGE_VIEWS.map((by) => tab(view, { by }, words[by]))} />
        {shown && <UsageTable view={view} shown={shown} ask={ask} {...telling} />}
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body });
});

interface ShownRows {
  readonly rows: readonly UsageSums[];
  readonly hasMore: boolean;
}

/** One page of what was read whole: the newest first, or the largest. */
function pageTimes(all: readonly UsageSums[], view: UsageView): ShownRows {
  const sort = sortOf(view);
  const ordered = sort === null ? all.toReversed() : all.toReversed().toSorted((a, b) => b[sort] - a[sort]);
  const end = view.page * PAGE;
  return { rows: ordered.slice(end - PAGE, end), hasMore: ordered.length > end };
}

/** Up to today; months from the first day of theirs. */
function daysOf({ by, days }: UsageView): Days {
  const toDay = dayOf(Date.now());
  const fromDay = by === 'month' ? firstDayOf(monthOf(toDay) - Math.round(days / 30) + 1) : toDay - days + 1;
  return { fromDay, toDay };
}

function tab(
  view: UsageView,
  change: Partial<UsageView>,
  text: string,
): { href: string; text: string; isHere: boolean } {
  const next = { ...view, ...change };
  return { href: viewPath(view, change), text, isHere: next.by === view.by && next.days === view.days };
}

interface Telling {
  readonly words: UsageWords;
  readonly locale: Locale;
}

function tellPeriod(
  all: UsageSums | null,
  { words, locale }: Telling,
): { name: string; value: string; note?: string }[] {
  const note = words.ofPeriod;
  const sums = all ?? {
    jobs: 0,
    prompt_tokens: 0,
    output_tokens: 0,
    charged: 0,
    energy_micro_wh: 0,
    energy_parts: 0,
    parts: 0,
  };
  const known = sums.parts === 0 ? note : words.energyOf(formatShare(sums.energy_parts / sums.parts, locale));
  return [
    { name: words.charged, value: `${formatCredits(sums.charged, locale)} ${words.credits}`, note },
    { name: words.jobs, value: formatCount(sums.jobs, locale), note },
    { name: words.tokensIn, value: formatCount(sums.prompt_tokens, locale), note },
    { name: words.tokensOut, value: formatCount(sums.output_tokens, locale), note },
    { name: words.energy, value: tellWattHours(sums, locale), note: known },
  ];
}

/** A zero would look measured. */
function tellWattHours(sums: Pick<UsageSums, 'energy_micro_wh' | 'energy_parts'>, locale: Locale): string {
  return sums.energy_parts === 0 ? '–' : `${formatMeasure(sums.energy_micro_wh / 1e6, locale)} Wh`;
}

/** Where nothing was charged, by how many jobs there were. */
function TimeChart(
  props: Telling & { readonly time: UsageTime; readonly rows: readonly UsageSums[]; readonly ask: Days },
) {
  const { time, rows, ask, words, locale } = props;
  const isFree = rows.every(({ charged }) => charged === 0);
  const values = new Map(rows.map((row) => [row[time], row[isFree ? 'jobs' : 'charged']]));
  const bars = listTimes(time, ask).map((at) => ({
    label: formatUsageTime(time, at, locale, true),
    value: values.get(at) ?? 0,
  }));
  const tell = (value: number): string => (isFree ? formatCount(value, locale) : formatCredits(value, locale));
  const titles = isFree ? words.jobsPer : words.per;
  return <BarChart title={titles[time]} bars={bars} tell={tell} isWhole={isFree} />;
}

interface Days {
  readonly fromDay: number;
  readonly toDay: number;
}

function UsageTable(props: Telling & { readonly view: UsageView; readonly shown: ShownRows; readonly ask: Days }) {
  const { view, shown, words, locale, ask } = props;
  const { rows, hasMore } = shown;
  const count = (head: string, sort: UsageSort, tell: (row: UsageSums) => string): Column<UsageSums> => ({
    head,
    isNumber: true,
    cell: tell,
    sort: { href: viewPath(view, { sort }), isHere: sortOf(view) === sort },
  });
  const [from = '', to = ''] = [ask.fromDay, ask.toDay].map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
  const isTime = view.by === timeOf(view.by);
  const step = (page: number, text: string) => ({ href: viewPath(view, { page }), text });
  return (
    <Table
      caption={words.table}
      rows={rows}
      empty={
        isFiltered(view) || view.page > 1 ? (
          words.nothingOf
        ) : (
          <>
            {words.nothing} <a href="/console/keys">{words.keys}</a>
          </>
        )
      }
      columns={[
        {
          head: words[view.by],
          cell: (row) => <RowName view={view} row={row} words={words} locale={locale} />,
          ...(isTime && { sort: { href: viewPath(view, { sort: null }), isHere: sortOf(view) === null } }),
        },
        count(words.jobs, 'jobs', ({ jobs }) => formatCount(jobs, locale)),
        count(words.tokensIn, 'prompt_tokens', (row) => formatCount(row.prompt_tokens, locale)),
        count(words.tokensOut, 'output_tokens', (row) => formatCount(row.output_tokens, locale)),
        count(words.charged, 'charged', ({ charged }) => formatCreditsWhole(charged, locale)),
        count(words.energy, 'energy_micro_wh', (row) => tellWattHours(row, locale)),
      ]}
      links={[
        ...(view.page > 1 ? [step(view.page - 1, words.previous)] : []),
        ...(hasMore ? [step(view.page + 1, words.next)] : []),
        ...(rows.length > 0 ? [{ href: csvPath(view, { from, to }), text: words.csv }] : []),
      ]}
    />
  );
}

/** Of a key, a model or a country its own usage is one step away. */
function RowName({ view, row, words, locale }: Telling & { readonly view: UsageView; readonly row: UsageSums }) {
  const { by } = view;
  if (by === 'hour' || by === 'day' || by === 'month') return <>{formatUsageTime(by, row[by] ?? 0, locale, false)}</>;
  const name = nameOf(by, row, { words, locale });
  const value = valueOf(by, row);
  return value === '' ? <>{name}</> : <a href={viewPath(view, { by: 'day', [by]: value })}>{name}</a>;
}

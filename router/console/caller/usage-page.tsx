// Usage: what is left, and what was used by day, model, key or country, from the totals of days and never from the ledger.
import { Hono } from 'hono';
import * as z from 'zod';
import { dayOf } from '../../billing/build-usage.ts';
import type { UsageGroup } from '../../billing/build-usage-query.ts';
import type { UsageSums } from '../../billing/day-totals.ts';
import { BarChart } from '../../look/chart.tsx';
import { formatCredits, formatCreditsWhole } from '../../look/format-money.ts';
import { formatCount, formatCountry, formatMeasure, formatShare } from '../../look/format-number.ts';
import { formatDay } from '../../look/format-time.ts';
import { Facts, Note, Sheet, Tabs } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Column } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import { onlyKeySeen } from '../../auth/judge-rights.ts';
import { orNull } from '../or-null.ts';
import { showPage } from '../page-answer.tsx';
import { requireMember } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';
import { USAGE_WORDS } from './usage-words.ts';
import type { UsageWords } from './usage-words.ts';

export const usagePages = new Hono<ConsoleEnv>();

const DAY_MS = 86_400_000;
const GROUPS = ['day', 'model', 'key', 'country'] as const;
const SPANS = [1, 7, 30, 90, 365] as const;
const MOST_ROWS = 1000;
/** What anything else in the query stands for. */
const querySchema = z.object({
  by: z.enum(GROUPS).catch('day'),
  days: z.coerce
    .number()
    .refine((days) => (SPANS as readonly number[]).includes(days))
    .catch(30),
});
type Query = z.output<typeof querySchema>;

usagePages.get('/console', async (c) => {
  const { caller } = await requireMember(c, 'usage');
  const { locale } = c.get('visit');
  const words = USAGE_WORDS[locale];
  const query = querySchema.parse({ by: c.req.query('by'), days: c.req.query('days') ?? 30 });
  const today = dayOf(Date.now());
  const ask = {
    accountId: caller.accountId,
    ownKeyId: onlyKeySeen(caller),
    fromDay: today - query.days + 1,
    toDay: today,
    key: null,
    model: null,
    kind: null,
    after: null,
    limit: MOST_ROWS,
  };
  const { dayTotals, account } = c.get('services');
  const find = (group: UsageGroup): ReturnType<typeof dayTotals.find> => dayTotals.find({ ...ask, groups: [group] });
  const [now, days, rows] = await Promise.all([
    orNull(account(caller.accountId).usage()),
    orNull(find('day')),
    query.by === 'day' ? null : orNull(find(query.by)),
  ]);
  const shown = query.by === 'day' ? days : rows;
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
            ...tellPeriod(days?.all ?? null, { words, locale }),
          ]}
        />
      </Sheet>
      <Tabs label={words.span} tabs={SPANS.map((span) => tab(query, { days: span }, words.days(span)))} />
      {days === null && <Note tone="bad">{words.notNow}</Note>}
      {days !== null && days.rows.length > 0 && (
        <Sheet>
          <DayChart rows={days.rows} ask={ask} words={words} locale={locale} />
        </Sheet>
      )}
      <Sheet title={words.table}>
        <Tabs label={words.by} tabs={GROUPS.map((by) => tab(query, { by }, words[by]))} />
        {shown && <UsageTable query={query} rows={shown.rows} words={words} locale={locale} ask={ask} />}
      </Sheet>
    </>
  );
  return showPage(c, { title: words.title, body });
});

function tab(query: Query, change: Partial<Query>, text: string): { href: string; text: string; isHere: boolean } {
  const next = { ...query, ...change };
  return {
    href: `/console?by=${next.by}&days=${next.days}`,
    text,
    isHere: next.by === query.by && next.days === query.days,
  };
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
    { name: words.energy, value: `${formatMeasure(sums.energy_micro_wh / 1e6, locale)} Wh`, note: known },
  ];
}

/** Where nothing was charged, by how many jobs there were. */
function DayChart({ rows, ask, words, locale }: Telling & { readonly rows: readonly UsageSums[]; readonly ask: Days }) {
  const isFree = rows.every(({ charged }) => charged === 0);
  const bars = fillDays(rows, ask, isFree ? 'jobs' : 'charged').map(({ day, value }) => ({
    label: formatDay(day * DAY_MS, locale).replace(/[\s,]*\d{4}$/, ''),
    value,
  }));
  const tell = (value: number): string => (isFree ? formatCount(value, locale) : formatCredits(value, locale));
  return <BarChart title={isFree ? words.jobsPerDay : words.perDay} bars={bars} tell={tell} />;
}

interface Days {
  readonly fromDay: number;
  readonly toDay: number;
}

/** A day without jobs has its place too. */
function fillDays(
  rows: readonly UsageSums[],
  { fromDay, toDay }: Days,
  of: 'charged' | 'jobs',
): { readonly day: number; readonly value: number }[] {
  const values = new Map(rows.map((row) => [row.day, row[of]]));
  return Array.from({ length: toDay - fromDay + 1 }, (_, at) => ({
    day: fromDay + at,
    value: values.get(fromDay + at) ?? 0,
  }));
}

function UsageTable(
  props: Telling & {
    readonly query: Query;
    readonly rows: readonly UsageSums[];
    readonly ask: Days;
  },
) {
  const { query, rows, words, locale, ask } = props;
  const name: Column<UsageSums> = { head: words[query.by], cell: (row) => nameOf(query.by, row, { words, locale }) };
  const count = (head: string, tell: (row: UsageSums) => string): Column<UsageSums> => ({
    head,
    isNumber: true,
    cell: tell,
  });
  const [from, to] = [ask.fromDay, ask.toDay].map((day) => new Date(day * DAY_MS).toISOString().slice(0, 10));
  return (
    <Table
      caption={words.table}
      rows={query.by === 'day' ? rows.toReversed() : rows.toSorted((a, b) => b.charged - a.charged)}
      empty={
        <>
          {words.nothing} <a href="/console/keys">{words.keys}</a>
        </>
      }
      columns={[
        name,
        count(words.jobs, ({ jobs }) => formatCount(jobs, locale)),
        count(words.tokensIn, (row) => formatCount(row.prompt_tokens, locale)),
        count(words.tokensOut, (row) => formatCount(row.output_tokens, locale)),
        count(words.charged, ({ charged }) => formatCreditsWhole(charged, locale)),
        count(words.energy, (row) => `${formatMeasure(row.energy_micro_wh / 1e6, locale)} Wh`),
      ]}
      links={[
        {
          href: `/console/api/v1/usage?format=csv&group_by=${query.by}&from=${from ?? ''}&to=${to ?? ''}`,
          text: words.csv,
        },
      ]}
    />
  );
}

function nameOf(by: Query['by'], row: UsageSums, { words, locale }: Telling): string {
  switch (by) {
    case 'day':
      return formatDay((row.day ?? 0) * DAY_MS, locale);
    case 'model':
      return row.model ?? '';
    case 'key':
      return row.key_name ?? (row.key_id?.startsWith('console:') ? words.console : words.gone);
    case 'country':
      return formatCountry(row.country ?? '', locale);
  }
}

// Earned: what the home earned, what became of it, and both sides' word for it.
import type { EarnedDayView, EarningsView, HomesView } from '../page-view.ts';
import { drawBars, drawSmallBars } from './bars.ts';
import { h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { drawForecast } from './forecast.ts';
import { drawJobs, saveFile } from './jobs-list.ts';
import { button, choice, figure, figures, notice, sheetWith, shown, table } from './parts.ts';
import { load, setUi, state } from './store.ts';

const BY = ['day', 'model', 'machine', 'job'] as const;
type By = (typeof BY)[number];

export function drawEarned(): Child {
  const { asked } = state;
  return [
    shown(
      asked.earnings,
      (earnings) => [drawSums(earnings), drawOnChain(earnings), drawBy(earnings), drawTwo(earnings)],
      () => void load('earnings'),
    ),
    drawForecast(asked.forecast),
  ];
}

function drawSums({ machine }: EarningsView): Described {
  const { words, format } = state;
  const { earned } = words;
  const became = [
    ...(machine.creditedMicro > 0 ? [earned.credited(format.credits(machine.creditedMicro))] : []),
    ...(machine.claimedMicro > 0 ? [earned.claimed(format.credits(machine.claimedMicro))] : []),
  ];
  return h(
    'section',
    { class: 'sheet' },
    figures(
      figure(earned.total, format.credits(machine.earnedMicro), earned.totalSub(format.number(machine.receipts))),
      figure(
        earned.pending,
        format.credits(machine.pendingMicro),
        earned.pendingSub(format.moment(machine.pendingUntil)),
      ),
      figure(earned.held, format.credits(machine.heldMicro), machine.heldWhy ?? earned.heldNone),
      figure(
        earned.payable,
        format.credits(machine.payableMicro),
        machine.payableSince === null ? earned.payableNone : earned.payableSub(format.moment(machine.payableSince)),
      ),
    ),
    became.length === 0 ? null : h('p', { class: 'soft foot' }, became.join(' · ')),
  );
}

/** What can be claimed and what was, beside its gas. */
function drawOnChain({ machine: { onChain } }: EarningsView): Child {
  if (onChain === null) return null;
  const { words, format } = state;
  const { chain } = words.earned;
  const { claimable, gasCoins, gasPaidBy, waitUntil, claims } = onChain;
  const gas = gasCoins === null ? chain.gasUnknown : chain.gas(gasCoins, gasPaidBy);
  const rows = claims.map((claim) => [
    format.moment(claim.at),
    claim.becameCredit ? chain.credited(claim.tokens) : claim.tokens,
    chain.gas(claim.gasCoins, claim.gasPaidBy),
    h('code', null, claim.tx),
  ]);
  const columns = [
    { name: chain.when },
    { name: chain.tokens, is: 'number' },
    { name: chain.gasName },
    { name: chain.tx },
  ] as const;
  return sheetWith(
    { title: chain.title, sub: chain.noValue },
    figures(figure(chain.claimable, claimable, waitUntil ?? gas)),
    waitUntil === null ? null : h('p', { class: 'soft' }, gas),
    rows.length === 0 ? h('p', { class: 'soft' }, chain.none) : table(chain.claims, columns, rows),
  );
}

function drawBy(earnings: EarningsView): Described {
  const { words, ui } = state;
  const { earned } = words;
  const by = BY.find((one) => one === ui['by']) ?? 'day';
  const names: Readonly<Record<By, string>> = {
    day: earned.byDay,
    model: earned.byModel,
    machine: earned.byMachine,
    job: earned.byJob,
  };
  const options = BY.map((one) => [one, names[one]] as const);
  return sheetWith(
    {
      title: earned.thirty,
      beside: button(earned.csv, () => void saveFile('/api/earnings.csv?days=30', 'irori-earnings.csv'), {
        class: 'quiet',
      }),
    },
    choice({ name: 'by', label: earned.by, options, chosen: by }, (value) => setUi('by', value)),
    { day: drawDays, model: drawModelRows, machine: drawHomeRows, job: drawJobs }[by](earnings),
  );
}

interface DaySum {
  readonly day: string;
  readonly jobs: number;
  readonly tokens: number;
  readonly micro: number;
}

/** Every day of the last thirty, those without work too. */
function sumDays(byDay: readonly EarnedDayView[], at: string, days: number): DaySum[] {
  return listDays(at, days).map((day) => {
    const rows = byDay.filter((row) => row.day === day);
    const sum = (pick: (row: EarnedDayView) => number): number => rows.reduce((total, row) => total + pick(row), 0);
    return {
      day,
      jobs: sum((row) => row.jobs),
      tokens: sum((row) => row.promptTokens + row.outputTokens),
      micro: sum((row) => row.earnedMicro),
    };
  });
}

function drawDays(earnings: EarningsView): Child {
  const { words, format, ui } = state;
  const { earned, now } = words;
  const days = sumDays(earnings.byDay, earnings.at, earnings.days);
  const isTable = ui['days'] === 'table';
  const rows = days
    .filter(({ jobs }) => jobs > 0)
    .toReversed()
    .map(({ day, jobs, tokens, micro }) => [
      format.day(day),
      format.number(jobs),
      format.number(tokens),
      format.credits(micro),
    ]);
  const columns = [
    { name: earned.day },
    { name: now.jobs, is: 'number' },
    { name: now.tokens, is: 'number' },
    { name: earned.accepted, is: 'number' },
  ] as const;
  const sum = days.reduce((total, { micro }) => total + micro, 0);
  const [best] = days.toSorted((a, b) => b.micro - a.micro);
  const label =
    sum === 0 || !best
      ? earned.chartEmpty
      : earned.chart(format.credits(sum), format.credits(best.micro), format.day(best.day));
  return [
    isTable
      ? rows.length === 0
        ? h('p', { class: 'soft' }, words.nothing)
        : table(earned.thirty, columns, rows)
      : drawBars(
          days.map(({ day, micro }) => ({
            name: format.day(day),
            value: micro,
            told: `${format.day(day)}: ${format.credits(micro)}`,
          })),
          {
            label,
            most: format.credits(best?.micro ?? 0),
          },
        ),
    isTable ? null : h('p', { class: 'soft' }, label),
    button(isTable ? earned.asChart : earned.asTable, () => setUi('days', isTable ? null : 'table'), {
      class: 'quiet',
    }),
  ];
}

function drawModelRows({ byDay, at, days }: EarningsView): Child {
  const { words, format } = state;
  const { earned, now } = words;
  const models = [...new Set(byDay.map(({ model }) => model))].map((model) => {
    const perDay = sumDays(
      byDay.filter((row) => row.model === model),
      at,
      days,
    );
    const sum = (pick: (day: DaySum) => number): number => perDay.reduce((total, day) => total + pick(day), 0);
    return { model, perDay, jobs: sum((day) => day.jobs), tokens: sum((day) => day.tokens), micro: sum(microOf) };
  });
  const all = models.reduce((total, { micro }) => total + micro, 0);
  const top = Math.max(0, ...models.flatMap(({ perDay }) => perDay.map(microOf)));
  const rows = models
    .toSorted((a, b) => b.micro - a.micro)
    .map(({ model, perDay, jobs, tokens, micro }) => [
      [h('span', { class: 'name' }, model), drawDayBars(model, perDay, top)],
      format.number(jobs),
      format.number(tokens),
      format.credits(micro),
      format.share(all === 0 ? 0 : micro / all),
    ]);
  if (rows.length === 0) return h('p', { class: 'soft' }, words.nothing);
  return table(
    earned.byModel,
    [
      { name: now.model },
      { name: now.jobs, is: 'number' },
      { name: now.tokens, is: 'number wide' },
      { name: earned.accepted, is: 'number' },
      { name: earned.share, is: 'number wide' },
    ],
    rows,
  );
}

function microOf({ micro }: DaySum): number {
  return micro;
}

/** The days of one row, as high as those of its neighbours. */
function drawDayBars(name: string, days: readonly Pick<DaySum, 'day' | 'micro'>[], top: number): Child {
  if (top === 0) return null;
  const { format, words } = state;
  const { bars, barsEmpty } = words.earned;
  const sum = days.reduce((total, { micro }) => total + micro, 0);
  const [best] = days.toSorted((a, b) => b.micro - a.micro);
  const label =
    sum === 0 || !best
      ? barsEmpty(name)
      : bars(name, format.credits(sum), format.credits(best.micro), format.day(best.day));
  return drawSmallBars(
    days.map(({ day, micro }) => ({
      name: day,
      value: micro,
      told: `${format.day(day)}: ${format.credits(micro)}`,
    })),
    { label, top },
  );
}

/** The days that end with the one of `at`, UTC, the oldest first. */
function listDays(at: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    new Date(new Date(at).getTime() - (count - 1 - i) * 86_400_000).toISOString().slice(0, 10),
  );
}

function drawHomeRows({ at }: EarningsView): Child {
  const { words, format, asked } = state;
  const show = ({ homes, problem }: HomesView): Child => {
    if (problem !== null) return notice('warn', h('p', null, problem));
    const top = Math.max(0, ...homes.flatMap(({ earnedDaysMicro }) => earnedDaysMicro ?? []));
    const rows = homes.map((home) => [
      [
        h(
          'span',
          { class: 'name' },
          home.name ?? home.id.slice(0, 13),
          home.isThis ? h('small', { class: 'soft' }, ` ${words.machine.thisOne}`) : null,
        ),
        home.earnedDaysMicro === null
          ? null
          : drawDayBars(
              home.name ?? home.id.slice(0, 13),
              listDays(at, home.earnedDaysMicro.length).map((day, i) => ({
                day,
                micro: home.earnedDaysMicro?.[i] ?? 0,
              })),
              top,
            ),
      ],
      home.jobsToday === null ? '–' : format.number(home.jobsToday),
      home.earnedTodayMicro === null ? '–' : format.credits(home.earnedTodayMicro),
      home.earned30Micro === null ? '–' : format.credits(home.earned30Micro),
    ]);
    return table(
      words.earned.byMachine,
      [
        { name: words.earned.byMachine },
        { name: words.machine.jobsToday, is: 'number wide' },
        { name: words.machine.earnedToday, is: 'number' },
        { name: words.machine.earned30, is: 'number' },
      ],
      rows,
    );
  };
  return shown(asked.homes, show, () => void load('homes'));
}

/** What the home has by itself, beside what the network tells. */
function drawTwo({ own, machine, byDay, differences, warnings, isWhole }: EarningsView): Described {
  const { words, format, view } = state;
  const { earned } = words;
  const settled = byDay.reduce((total, { earnedMicro }) => total + earnedMicro, 0);
  const rows = [
    ...(view
      ? [
          [earned.receipts, format.number(view.total.receipts), format.number(machine.receipts)],
          [earned.inAll, format.credits(view.total.earnedMicro), format.credits(machine.earnedMicro)],
        ]
      : []),
    [earned.charged, format.credits(own.signedMicro), '–'],
    [earned.accepted30, format.credits(own.acceptedMicro), format.credits(settled)],
    [earned.refused, format.number(own.refused), '–'],
    [
      earned.waiting,
      `${format.number(own.waitingReceipts)} · ${format.credits(own.waitingMicro)}`,
      `${format.number(machine.waitingReceipts)} · ${format.credits(machine.waitingMicro)}`,
    ],
  ];
  const count = differences.length + warnings.length;
  const credits = (micro: number | null): string => (micro === null ? '–' : format.credits(micro));
  return sheetWith(
    { title: earned.two, sub: earned.twoSub },
    table(
      earned.two,
      [{ name: earned.figure }, { name: earned.here, is: 'number' }, { name: earned.there, is: 'number' }],
      rows,
    ),
    count === 0
      ? notice('good', h('p', null, earned.same))
      : notice('warn', h('p', null, h('b', null, earned.differ(count))), ...warnings.map((one) => h('p', null, one))),
    differences.length === 0
      ? null
      : h(
          'ul',
          { class: 'rows' },
          ...differences.map(({ receipt, signed, accepted, told, why }) =>
            h(
              'li',
              { key: receipt },
              h('p', null, earned.oneDiffers(receipt, credits(signed), credits(accepted), credits(told))),
              h('p', { class: 'soft' }, why),
            ),
          ),
        ),
    isWhole ? null : h('p', { class: 'soft foot' }, earned.partial),
  );
}

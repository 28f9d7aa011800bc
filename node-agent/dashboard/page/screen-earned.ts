// Earned: what the home earned, what became of it, and both sides' word for it.
import type { EarnedDayView, EarningsView, ForecastView, HomesView, VerifyView } from '../page-view.ts';
import { post, save } from './client.ts';
import { drawBars } from './bars.ts';
import { h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { button, choice, figure, figures, notice, sheetWith, shown, table } from './parts.ts';
import { change, load, run, sayFault, setUi, state } from './store.ts';
import type { Fetched } from './store.ts';

const BY = ['day', 'model', 'machine', 'job'] as const;
type By = (typeof BY)[number];

export function drawEarned(): Child {
  const { asked } = state;
  return [
    shown(
      asked.earnings,
      (earnings) => [drawSums(earnings), drawBy(earnings), drawTwo(earnings)],
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
  return Array.from({ length: days }, (_, i) => {
    const day = new Date(new Date(at).getTime() - (days - 1 - i) * 86_400_000).toISOString().slice(0, 10);
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

function drawModelRows({ byDay }: EarningsView): Child {
  const { words, format } = state;
  const { earned, now } = words;
  const sums = new Map<string, { jobs: number; tokens: number; micro: number }>();
  for (const { model, jobs, promptTokens, outputTokens, earnedMicro } of byDay) {
    const before = sums.get(model) ?? { jobs: 0, tokens: 0, micro: 0 };
    sums.set(model, {
      jobs: before.jobs + jobs,
      tokens: before.tokens + promptTokens + outputTokens,
      micro: before.micro + earnedMicro,
    });
  }
  const all = [...sums.values()].reduce((total, { micro }) => total + micro, 0);
  const rows = [...sums]
    .toSorted(([, a], [, b]) => b.micro - a.micro)
    .map(([model, { jobs, tokens, micro }]) => [
      h('span', { class: 'name' }, model),
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

function drawHomeRows(): Child {
  const { words, format, asked } = state;
  const show = ({ homes, problem }: HomesView): Child => {
    if (problem !== null) return notice('warn', h('p', null, problem));
    const rows = homes.map((home) => [
      h(
        'span',
        { class: 'name' },
        home.name ?? home.id.slice(0, 13),
        home.isThis ? h('small', { class: 'soft' }, ` ${words.machine.thisOne}`) : null,
      ),
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

function drawJobs({ jobs, isWhole }: EarningsView): Child {
  const { words, format, verified } = state;
  const { earned } = words;
  if (jobs.length === 0) return h('p', { class: 'soft' }, words.nothing);
  return [
    h(
      'ul',
      { class: 'rows' },
      ...jobs.map(({ job, part, model, acceptedAt, promptTokens, outputTokens, earnedMicro, status, why, receipt }) =>
        h(
          'li',
          { key: String(receipt) },
          h(
            'div',
            { class: 'row' },
            h('time', { datetime: acceptedAt }, format.moment(acceptedAt)),
            h('span', { class: 'name grow' }, model ?? '–'),
            h('span', { class: 'soft' }, `${format.number(promptTokens)} + ${format.number(outputTokens)}`),
            h('b', { class: 'number' }, format.credits(earnedMicro)),
            job === null
              ? null
              : h(
                  'span',
                  { class: 'pair' },
                  button(earned.verify, () => void verify(job), {
                    class: 'quiet',
                    'aria-label': earned.verifyJob(job),
                  }),
                  button(earned.download, () => void saveFile(`/api/receipts/${job}`, `${job}.json`), {
                    class: 'quiet',
                    'aria-label': earned.downloadJob(job),
                  }),
                ),
          ),
          status === 'unpaid' || why !== null
            ? h(
                'p',
                { class: 'soft' },
                [status === 'unpaid' ? earned.unpaid : null, why].filter((one) => one !== null).join(words.colon),
              )
            : null,
          job === null || (part ?? 0) > 0 ? null : drawVerdict(verified.get(job)),
        ),
      ),
    ),
    isWhole ? null : h('p', { class: 'soft foot' }, earned.partial),
  ];
}

function drawVerdict(checked: Fetched<VerifyView> | undefined): Child {
  if (!checked) return null;
  const { words } = state;
  const { value, fault } = checked;
  if (fault !== null) return notice('warn', h('p', null, words.failed(fault)));
  if (value === null) return h('p', { class: 'soft' }, words.loading);
  return notice(
    value.verdict === 'valid' ? 'good' : 'bad',
    h('p', { role: 'status' }, h('b', null, words.earned.verdict[value.verdict] ?? value.verdict)),
    h('dl', { class: 'facts' }, ...value.facts.flatMap(([name, text]) => [h('dt', null, name), h('dd', null, text)])),
  );
}

async function verify(job: string): Promise<void> {
  const note = (checked: Fetched<VerifyView>): void =>
    change({ verified: new Map([...state.verified, [job, checked]]) });
  note({ value: null, fault: null, isAsking: true });
  try {
    note({ value: await post<VerifyView>(`/api/receipts/${job}`), fault: null, isAsking: false });
  } catch (error) {
    note({ value: null, fault: sayFault(error), isAsking: false });
  }
}

async function saveFile(path: string, name: string): Promise<void> {
  try {
    await save(path, name);
  } catch (error) {
    change({ told: { kind: 'bad', text: state.words.failed(sayFault(error)) } });
  }
}

/** What the home has by itself, beside what the network tells. */
function drawTwo({ own, machine, byDay, jobs, differences, warnings, isWhole }: EarningsView): Described {
  const { words, format } = state;
  const { earned } = words;
  const settled = byDay.reduce((total, { earnedMicro }) => total + earnedMicro, 0);
  const rows = [
    [earned.receipts, format.number(own.receipts), format.number(jobs.length)],
    [earned.charged, format.credits(own.signedMicro), '–'],
    [earned.accepted, format.credits(own.acceptedMicro), format.credits(settled)],
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
    table(earned.two, [{ name: '' }, { name: earned.here, is: 'number' }, { name: earned.there, is: 'number' }], rows),
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

function drawForecast(asked: Fetched<ForecastView>): Described {
  const { words } = state;
  return sheetWith(
    { title: words.earned.forecast },
    shown(asked, sayForecast, () => void load('forecast')),
  );
}

function sayForecast({ isEnough, models, whDay, settings, problem }: ForecastView): Child {
  const { words, format } = state;
  const { earned } = words;
  const low = models.reduce((sum, { lowMicroDay }) => sum + lowMicroDay, 0);
  const high = models.reduce((sum, { highMicroDay }) => sum + highMicroDay, 0);
  const days = Math.max(0, ...models.map((model) => model.days));
  const cost = whDay === null || settings.kwhPrice === null ? null : (whDay / 1000) * settings.kwhPrice;
  const worth = settings.creditPrice;
  const money = (value: number): string => format.money(value, settings.currency);
  return [
    problem === null ? null : notice('warn', h('p', null, problem)),
    !isEnough
      ? h('p', null, earned.forecastNot)
      : [
          h('p', { class: 'lead' }, earned.forecastRange(format.credits(low), format.credits(high))),
          cost === null || worth === null
            ? null
            : h(
                'p',
                { class: 'lead' },
                earned.net(money((low / 1e6) * worth - cost), money((high / 1e6) * worth - cost)),
              ),
          h('p', { class: 'soft' }, earned.forecastBasis(days)),
        ],
    h(
      'p',
      { class: 'soft' },
      cost === null || whDay === null ? earned.powerUnknown : earned.power(format.energy(whDay), money(cost)),
    ),
    drawPrices(settings),
  ];
}

function drawPrices(settings: ForecastView['settings']): Described {
  const { words, busy, ui } = state;
  const { earned } = words;
  const kept: Readonly<Record<string, string>> = {
    kwhPrice: settings.kwhPrice === null ? '' : String(settings.kwhPrice),
    creditPrice: settings.creditPrice === null ? '' : String(settings.creditPrice),
    currency: settings.currency,
  };
  const read = (name: string): string => ui[`price ${name}`] ?? kept[name] ?? '';
  const field = (name: string, label: string): Described =>
    h(
      'label',
      { class: 'field', key: name },
      h('span', null, label),
      h('input', {
        type: 'number',
        min: '0',
        step: 'any',
        inputmode: 'decimal',
        value: read(name),
        on: { input: (event) => setUi(`price ${name}`, (event.target as HTMLInputElement).value) },
      }),
    );
  const toNumber = (text: string): number | null => (text.trim() === '' ? null : Number(text));
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    await run(
      'settings',
      { kwhPrice: toNumber(read('kwhPrice')), creditPrice: toNumber(read('creditPrice')), currency: read('currency') },
      { good: earned.saved },
    );
    await load('forecast');
  };
  return h(
    'form',
    { class: 'fields', on: { submit: (event) => void submit(event) } },
    field('kwhPrice', earned.kwh),
    field('creditPrice', earned.creditWorth),
    h(
      'label',
      { class: 'field' },
      h('span', null, earned.currency),
      h(
        'select',
        {
          value: read('currency'),
          on: { change: (event) => setUi('price currency', (event.target as HTMLSelectElement).value) },
        },
        ...CURRENCIES.map((one) => h('option', { value: one }, one)),
      ),
    ),
    h('button', { type: 'submit', disabled: busy.has('settings') }, earned.save),
  );
}

const CURRENCIES = [
  'EUR',
  'USD',
  'JPY',
  'GBP',
  'CHF',
  'CAD',
  'AUD',
  'NZD',
  'SEK',
  'NOK',
  'DKK',
  'PLN',
  'CZK',
  'KRW',
  'TWD',
  'INR',
  'BRL',
  'MXN',
  'ZAR',
];

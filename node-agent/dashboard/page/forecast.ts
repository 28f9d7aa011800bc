// What a day may bring: a range from what was settled, less the owner's own electricity where both are known.
import type { ForecastView } from '../page-view.ts';
import { h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { notice, sheetWith, shown } from './parts.ts';
import { load, run, setUi, state } from './store.ts';
import type { Fetched } from './store.ts';

export function drawForecast(asked: Fetched<ForecastView>): Described {
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
      whDay === null
        ? earned.powerUnmeasured
        : cost === null
          ? earned.powerUnpriced(format.energy(whDay))
          : earned.power(format.energy(whDay), money(cost)),
      worth === null && isEnough && cost !== null ? ` ${earned.worthUnknown}` : null,
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

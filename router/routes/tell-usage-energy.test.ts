import { expect, test } from 'vitest';
import type { Caller } from '../auth/judge-key.ts';
import type { UsageSums } from '../billing/day-totals.ts';
import { readEnergyQuery } from './read-energy-query.ts';
import { tableUsageEnergy, tellUsageEnergy } from './tell-usage-energy.ts';

const NOW = Date.parse('2026-05-06T12:00:00Z');
const caller = { accountId: 'acct_a', keyId: 'key_a', scopes: ['usage'] } as unknown as Caller;
const row = (facts: Partial<UsageSums>): UsageSums => ({
  jobs: 1,
  parts: 2,
  prompt_tokens: 10,
  output_tokens: 100,
  charged: 5,
  energy_micro_wh: 100_000,
  energy_parts: 2,
  country: 'DE',
  model: 'm',
  ...facts,
});

function asked(query: Readonly<Record<string, string>>): ReturnType<typeof readEnergyQuery> {
  return readEnergyQuery({ query: (name) => query[name], accept: undefined, caller, now: NOW });
}

test('a question is by model, month or country, and always by country beside it', () => {
  expect(asked({})).toMatchObject({
    by: 'model',
    format: 'json',
    ask: { groups: ['model', 'country'], limit: 10_000 },
  });
  expect(asked({ by: 'month', format: 'csv' })).toMatchObject({ format: 'csv', ask: { groups: ['day', 'country'] } });
  expect(() => asked({ by: 'toString' })).toThrow("'by' must be model, month or country.");
  expect(() => asked({ from: 'soon' })).toThrow("'from' must be");
});

test('figures add up by group with the grams of each grid; unknown tokens stand apart; the reference stands beside', () => {
  const rows = [
    row({}),
    row({ country: 'FR', energy_parts: 1 }),
    row({ model: 'n', energy_parts: 0, energy_micro_wh: 0 }),
    row({ model: 'o', country: 'XX' }),
  ];
  const { ask } = asked({});
  expect(tellUsageEnergy(ask, { by: 'model', rows })).toMatchObject({
    object: 'usage.energy',
    from: '2026-04-07',
    total: { wh: 0.3, g_co2e: null, completion_tokens: 400, unknown_energy_tokens: 150 },
    data: [
      {
        model: 'm',
        wh: 0.2,
        wh_90: [0.1, 0.3],
        g_co2e: 0.0386,
        g_co2e_marginal: 0.0808,
        completion_tokens: 200,
        unknown_energy_tokens: 50,
        known_tokens_share: 0.75,
        reference_wh: 0.010417,
      },
      {
        model: 'n',
        wh: null,
        wh_90: null,
        g_co2e: null,
        unknown_energy_tokens: 100,
        known_tokens_share: 0,
        reference_wh: null,
      },
      { model: 'o', wh: 0.1, g_co2e: null },
    ],
    grids: [
      { country: 'DE', zone: 'DE', g_per_kwh: 342, g_per_kwh_marginal: 650, year: 2024, marginal_year: 2021 },
      { country: 'FR', g_per_kwh: 44 },
      { country: 'XX', zone: null, g_per_kwh: null },
    ],
    reference: { j_per_token: 0.25, source: expect.stringContaining('ML.ENERGY') },
  });
});

test('months are those of the days, and a table has a line for each', () => {
  const day = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 86_400_000;
  const rows = [row({ day: day('2026-04-30') }), row({ day: day('2026-05-01') }), row({ day: day('2026-05-02') })];
  expect(tableUsageEnergy('month', rows).trim().split(/\r?\n/)).toEqual([
    'month,wh,wh_low,wh_high,g_co2e,g_co2e_marginal,completion_tokens,unknown_energy_tokens,known_tokens_share,reference_wh',
    '2026-04,0.1,0.05,0.15,0.0342,0.065,100,0,1,0.006944',
    '2026-05,0.2,0.1,0.3,0.0684,0.13,200,0,1,0.013889',
  ]);
});

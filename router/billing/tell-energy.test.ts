import { expect, test } from 'vitest';
import type { PartEnergy } from '../../schema/energy-told.ts';
import { addEnergy, listEnergies, tellEnergy } from './tell-energy.ts';

const PART: PartEnergy = {
  microWh: 100_000,
  lowMicroWh: 88_000,
  highMicroWh: 112_000,
  method: 'counter',
  isBounded: false,
  country: 'DE',
};

test('one part is told in watt-hours and in the grams of its grid, with the year and source of these', () => {
  expect(tellEnergy([{ outputTokens: 20, energy: PART }])).toEqual({
    wh: 0.1,
    wh_90: [0.088, 0.112],
    g_co2e: 0.0342,
    g_co2e_marginal: 0.065,
    idle_wh: null,
    boundary: 'wall-above-idle',
    method: 'counter',
    tier: 'B',
    bounded: false,
    known_tokens_share: 1,
    grid: { zone: 'DE', g_per_kwh: 342, kind: 'average-year', year: 2024, source: expect.stringContaining('Ember') },
    method_url: '/docs#energy',
  });
});

test('nothing known is null with a reason, and never 0', () => {
  const told = tellEnergy([{ outputTokens: 20, energy: null }]);
  expect(told).toMatchObject({ wh: null, wh_90: null, g_co2e: null, method: 'unknown', tier: null, grid: null });
  expect(told.reason).toContain('No home has told');
});

test('several parts add up with the worst method of them, and a part that is unknown is told as a share', () => {
  const other: PartEnergy = { ...PART, country: 'FR', method: 'estimated', isBounded: true };
  const told = tellEnergy([
    { outputTokens: 20, energy: PART },
    { outputTokens: 20, energy: other },
    { outputTokens: 40, energy: null },
  ]);
  expect(told).toMatchObject({ wh: 0.2, wh_90: [0.176, 0.224], method: 'estimated', tier: 'D', bounded: true });
  expect(told).toMatchObject({ known_tokens_share: 0.5, g_co2e: 0.0386, grid: { zone: 'DE+FR', g_per_kwh: 193 } });
  expect(told).not.toHaveProperty('reason');
});

test('energy from an unknown grid has no grams', () => {
  const told = tellEnergy([{ outputTokens: 20, energy: { ...PART, country: 'XX' } }]);
  expect(told).toMatchObject({ wh: 0.1, g_co2e: null, g_co2e_marginal: null, grid: null });
});

test('several answers to one call add up', () => {
  const known = tellEnergy([{ outputTokens: 30, energy: PART }]);
  const unknown = tellEnergy([{ outputTokens: 10, energy: null }]);
  expect(addEnergy([known, known, unknown], [30, 30, 20])).toMatchObject({
    wh: 0.2,
    wh_90: [0.176, 0.224],
    g_co2e: 0.0684,
    known_tokens_share: 0.75,
    grid: { zone: 'DE', g_per_kwh: 342 },
  });
  expect(addEnergy([unknown, unknown], [1, 1])).toMatchObject({ wh: null, known_tokens_share: 0 });
});

test('what no hub has settled is unknown', () => {
  expect(listEnergies([{ outputTokens: 5, energy: PART }, { outputTokens: 4 }], 3)).toEqual([
    { outputTokens: 5, energy: PART },
    { outputTokens: 4, energy: null },
    { outputTokens: 3, energy: null },
  ]);
});

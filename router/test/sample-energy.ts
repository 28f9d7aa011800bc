// What an answer may tell of its energy, for tests of its forms.
import type { EnergyTold } from '../../schema/energy-told.ts';

export const ENERGY: EnergyTold = {
  wh: 0.02,
  wh_90: [0.01, 0.03],
  g_co2e: null,
  g_co2e_marginal: null,
  idle_wh: null,
  boundary: 'wall-above-idle',
  method: 'estimated',
  tier: 'D',
  bounded: false,
  known_tokens_share: 1,
  grid: null,
  method_url: '/docs#energy',
};

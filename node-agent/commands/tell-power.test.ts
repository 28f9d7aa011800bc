import { expect, test } from 'vitest';
import { tellPower } from './tell-power.ts';

const POWER = {
  watts: 341.3,
  idleW: 68.2,
  method: 'sampled',
  todayMicroWh: 42_000_000,
  todayClaimedMicroWh: 41_000_000,
  todayIdleMicroWh: 310_000_000,
} as const;

test('what a machine draws is told with how it is known, and what today came to in two parts', () => {
  expect(tellPower(POWER)).toEqual([
    "power      341 W now, 68 W at rest, by the card's power, within 20 %",
    'energy     0.042 kWh today for jobs',
    '           0.31 kWh more today, awake for the network only',
  ]);
});

test('what nobody knows is left out, and no 0 is told of it', () => {
  const unknown = {
    ...POWER,
    watts: null,
    idleW: null,
    method: 'unknown',
    todayMicroWh: 0,
    todayIdleMicroWh: 0,
  } as const;
  expect(tellPower(unknown)).toEqual(['power      energy of jobs not known here']);
  expect(tellPower(null)).toEqual([]);
});

test('no line is wider than a terminal', () => {
  const most = { ...POWER, watts: 4999.9, idleW: 4999.9, todayMicroWh: 9e12, todayIdleMicroWh: 9e12 };
  for (const method of ['wall', 'counter', 'sampled', 'estimated', 'unknown'] as const)
    for (const line of tellPower({ ...most, method })) expect(line.length).toBeLessThanOrEqual(80);
});

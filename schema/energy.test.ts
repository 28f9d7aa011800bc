import { expect, test } from 'vitest';
import { findCardClass } from './card-classes.ts';
import { chooseWorseMethod, ENERGY_TIER, nameEnergyMethod, TIER_HALF_WIDTH, UNKNOWN_ENERGY } from './energy.ts';
import { ENERGY_METHOD } from './receipt.ts';
import type { EnergyMethod } from './receipt.ts';

test('every method of a receipt has its tier; unknown has none', () => {
  const widths = Object.keys(ENERGY_METHOD).map((method) => {
    const tier = ENERGY_TIER[method as EnergyMethod];
    return [method, tier && TIER_HALF_WIDTH[tier]];
  });
  expect(Object.fromEntries(widths)).toEqual({
    wall: 0.05,
    counter: 0.12,
    sampled: 0.2,
    estimated: 0.5,
    unknown: null,
  });
});

test('a method is named by its number; a number of a later version has no name', () => {
  expect([0, 1, 2, 3, 4].map(nameEnergyMethod)).toEqual(['unknown', 'counter', 'sampled', 'estimated', 'wall']);
  expect(nameEnergyMethod(5)).toBeNull();
});

test('of two methods the less certain counts', () => {
  expect(chooseWorseMethod('wall', 'sampled')).toBe('sampled');
  expect(chooseWorseMethod('unknown', 'counter')).toBe('unknown');
  expect(UNKNOWN_ENERGY.method).toBe('unknown');
});

test.each([
  ['NVIDIA GeForce RTX 4070 Ti SUPER', { name: 'RTX 4070 Ti', mostW: 285, sees: 'board' }],
  ['NVIDIA GeForce RTX 4080 Laptop GPU', { name: 'RTX Laptop', mostW: 150 }],
  ['NVIDIA H100 80GB HBM3', { name: 'H100', mostW: 700 }],
  ['NVIDIA H100 PCIe', { name: 'H100 PCIe', mostW: 400 }],
  ['AMD Radeon RX 7900 XTX', { name: 'RX 7900 XTX', mostW: 355 }],
  ['Apple M4 Max', { name: 'Apple Max', mostW: 145, sees: 'machine' }],
  ['Apple M1', { mostW: 39, idleW: 7 }],
])('%s is known by its name', (card, known) => {
  expect(findCardClass(card)).toMatchObject(known);
});

test('a card that nobody listed has no class, and a letter with a digit in another maker’s name is no chip of Apple’s', () => {
  expect(findCardClass('Matrox G200')).toBeNull();
  expect(findCardClass('Quadro M4 000')).toBeNull();
});

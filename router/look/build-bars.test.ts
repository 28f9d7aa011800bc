import { expect, test } from 'vitest';
import { buildBars, spaceLabels } from './build-bars.ts';

const BOX = { left: 40, width: 240, height: 100 };

test('bars reach up to a round scale that holds the highest', () => {
  const { bars, rules } = buildBars(
    [3, 7, 0].map((value, at) => ({ label: String(at), value })),
    BOX,
  );
  expect(rules.map(({ value }) => value)).toEqual([0, 2, 4, 6, 8]);
  expect(rules.map(({ y }) => y)).toEqual([100, 75, 50, 25, 0]);
  expect(bars.map(({ y, height }) => [y, height])).toEqual([
    [62.5, 37.5],
    [12.5, 87.5],
    [100, 0],
  ]);
});

test('nothing at all is a flat chart, and no division by it', () => {
  const { bars, rules } = buildBars([{ label: 'a', value: 0 }], BOX);
  expect(bars[0]).toMatchObject({ y: 100, height: 0 });
  expect(rules.map(({ value }) => value)).toEqual([0, 1]);
  expect(buildBars([], BOX).bars).toEqual([]);
});

test('labels stand apart: fewer of long ones, and as many as are asked for where there is room', () => {
  const bars = (label: string, width: number) => Array.from({ length: 12 }, () => ({ label, width }));
  expect(spaceLabels(bars('6', 40), 12)).toBe(1);
  expect(spaceLabels(bars('6', 40), 4)).toBe(3);
  expect(spaceLabels(bars('2026年11月', 16), 3)).toBeGreaterThan(4);
  expect(spaceLabels(bars('2026年11月', 16), 12)).toBe(spaceLabels(bars('2026年11月', 16), 3));
});

import { expect, test } from 'vitest';
import type { GpuReading } from './gpu-reading.ts';
import { measureGpus } from './measure-gpus.ts';

const CARD: GpuReading = {
  index: 0,
  name: 'RTX',
  utilisation: 60,
  memoryUsedBytes: 9000,
  memoryTotalBytes: 12_000,
  temperatureC: 60,
  powerW: 100,
  energyMJ: null,
  fanPercent: 30,
  processes: [
    { pid: 1, usedBytes: 6000 },
    { pid: 2, usedBytes: 2000 },
  ],
};
const owns = (pid: number): boolean => pid === 1;

test('memory is ours or others’ by who holds it; what nobody names is others’', () => {
  expect(measureGpus([CARD], { owns, isWorking: false })).toMatchObject([{ oursBytes: 6000, othersBytes: 3000 }]);
});

test('a card’s use is others’ while we rest, and unknown while we work', () => {
  expect(measureGpus([CARD], { owns, isWorking: false })[0]?.othersPercent).toBe(60);
  expect(measureGpus([CARD], { owns, isWorking: true })[0]?.othersPercent).toBeNull();
});

test('where the driver tells each program’s share, ours is left out even while we work', () => {
  const processes = [
    { pid: 1, usedBytes: 6000, utilisation: 50 },
    { pid: 2, usedBytes: 2000, utilisation: 10 },
  ];
  expect(measureGpus([{ ...CARD, processes }], { owns, isWorking: true })[0]?.othersPercent).toBe(10);
});

test('what the driver does not tell stays unknown', () => {
  const silent = { ...CARD, processes: null, utilisation: null };
  expect(measureGpus([silent], { owns, isWorking: false })[0]).toMatchObject({
    othersPercent: null,
    oursBytes: null,
    othersBytes: null,
    videoPercent: null,
  });
  const windows = { ...CARD, processes: [{ pid: 1, usedBytes: null }] };
  expect(measureGpus([windows], { owns, isWorking: false })[0]).toMatchObject({ oursBytes: null, othersBytes: null });
});

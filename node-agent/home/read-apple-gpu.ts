// What `ioreg -r -d 1 -w 0 -c IOAccelerator` prints on a Mac, as readings. Pure. It needs no rights and tells no watts: those are `powermetrics`'s, which
// wants root and is never asked (an owner may hand its output in by --power-command).
import type { GpuReading } from './gpu-reading.ts';
import { cleanName } from './read-nvidia-cards.ts';

/** `totalBytes`: the machine's memory, which the chip shares; null on a Mac with a card of its own. */
export function readAppleGpus(text: string, totalBytes: number | null): GpuReading[] {
  // One accelerator an entry: `+-o AGXAcceleratorG15X  <class …>`.
  const entries = text.split(/^\s*\+-o /m).slice(1);
  return entries
    .flatMap((entry) => {
      const statistics = /"PerformanceStatistics"\s*=\s*\{([^}]*)\}/.exec(entry)?.[1];
      if (statistics === undefined) return [];
      return [{ ...EMPTY, ...readStatistics(statistics), name: nameGpu(entry), memoryTotalBytes: totalBytes }];
    })
    .map((reading, index) => ({ ...reading, index }));
}

const EMPTY = {
  temperatureC: null,
  powerW: null,
  powerLimitW: null,
  energyMJ: null,
  fanPercent: null,
  processes: null,
} as const;

function readStatistics(text: string): Pick<GpuReading, 'utilisation' | 'memoryUsedBytes'> {
  // The key with its quotes: `In use system memory (driver)` stands beside it.
  const find = (key: string): number | null => {
    const [, digits] = new RegExp(`"${key}"\\s*=\\s*(\\d{1,16})(?!\\d)`).exec(text) ?? [];
    return digits === undefined ? null : Number(digits);
  };
  const utilisation = find('Device Utilization %') ?? find('Renderer Utilization %');
  return {
    utilisation: utilisation === null || utilisation > 100 ? null : utilisation,
    memoryUsedBytes: find('In use system memory') ?? find('Alloc system memory'),
  };
}

function nameGpu(entry: string): string {
  const model = cleanName(/"model"\s*=\s*"([^"\n]*)"/.exec(entry)?.[1] ?? '');
  return model === '' ? 'Apple graphics' : model;
}

// Tells on each card what is the home's own from what is its owner's and others'. Pure.
import type { GpuProcess, GpuReading } from './gpu-reading.ts';
import type { GpuSignal } from './home-signals.ts';

interface OwnWork {
  /** True for the agent, the model servers that it lends, and what these started. */
  readonly owns: (pid: number) => boolean;
  /** Jobs run here now, or ran a moment ago: the card's use is not others' alone. */
  readonly isWorking: boolean;
}

/** Null stays null: a card whose programs nobody names has an unknown share of others. */
export function measureGpus(readings: readonly GpuReading[], own: OwnWork): GpuSignal[] {
  return readings.map((reading) => ({
    index: reading.index,
    name: reading.name,
    utilisation: reading.utilisation,
    othersPercent: measureOthers(reading, own),
    videoPercent: reading.videoPercent ?? null,
    ...measureBytes(reading, own),
    totalBytes: reading.memoryTotalBytes,
    temperatureC: reading.temperatureC,
    powerW: reading.powerW,
    fanPercent: reading.fanPercent,
  }));
}

function measureOthers({ utilisation, processes }: GpuReading, { owns, isWorking }: OwnWork): number | null {
  const told = (processes ?? []).filter((one) => one.utilisation != null);
  const isTold = processes !== null && told.length === processes.length && told.length > 0;
  if (isTold)
    return Math.min(
      100,
      sum(told, (one) => (owns(one.pid) ? 0 : (one.utilisation ?? 0))),
    );
  return isWorking ? null : utilisation;
}

function measureBytes(
  { memoryUsedBytes, processes }: GpuReading,
  { owns }: OwnWork,
): Pick<GpuSignal, 'oursBytes' | 'othersBytes'> {
  const ours = processes?.filter(({ pid }) => owns(pid)) ?? null;
  if (ours === null || ours.some(({ usedBytes }) => usedBytes === null)) return { oursBytes: null, othersBytes: null };
  const oursBytes = sum(ours, ({ usedBytes }) => usedBytes ?? 0);
  return { oursBytes, othersBytes: memoryUsedBytes === null ? null : Math.max(0, memoryUsedBytes - oursBytes) };
}

function sum(processes: readonly GpuProcess[], of: (one: GpuProcess) => number): number {
  return processes.reduce((total, one) => total + of(one), 0);
}

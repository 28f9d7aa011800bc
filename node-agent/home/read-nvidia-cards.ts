// What `nvidia-smi` prints, as readings. Pure. Its values are words of drivers of many years: what is no number (`[N/A]`, `[Not Supported]`,
// `[Unknown Error]`, `[GPU is lost]`) is unknown.
import type { GpuProcess, GpuReading } from './gpu-reading.ts';

interface Field {
  readonly name: string;
  /** False for fields that a driver may not know: they are left out where it says so. */
  readonly isNeeded: boolean;
}

/** In the order of a line. The name stands last, since it may hold a comma. `total_energy_consumption`: only newest drivers, mJ. */
export const NVIDIA_FIELDS: readonly Field[] = [
  { name: 'index', isNeeded: true },
  { name: 'count', isNeeded: false },
  { name: 'uuid', isNeeded: false },
  { name: 'utilization.gpu', isNeeded: false },
  { name: 'memory.used', isNeeded: false },
  { name: 'memory.total', isNeeded: false },
  { name: 'temperature.gpu', isNeeded: false },
  { name: 'power.draw', isNeeded: false },
  { name: 'enforced.power.limit', isNeeded: false },
  { name: 'fan.speed', isNeeded: false },
  { name: 'total_energy_consumption', isNeeded: false },
  { name: 'name', isNeeded: true },
];

/** One line of `--query-gpu`. */
export interface NvidiaRow {
  readonly reading: Omit<GpuReading, 'processes'>;
  /** How many cards the driver has; null where it does not say. */
  readonly count: number | null;
  readonly uuid: string | null;
}

const MEBIBYTE = 1024 * 1024;
const MOST_CARDS = 64;
const NAME_CHARS = 80;

/** A line of `--format=csv,noheader,nounits` by the fields that were asked; null for anything else (headers, errors, half a line). */
export function readNvidiaRow(line: string, fields: readonly string[]): NvidiaRow | null {
  const parts = line.split(',').map((part) => part.trim());
  if (parts.length < fields.length) return null;
  const values = new Map(fields.map((field, i) => [field, parts[i] ?? '']));
  const index = readNumber(values.get('index'));
  const name = cleanName(parts.slice(fields.length - 1).join(', '));
  if (index === null || !Number.isInteger(index) || index >= MOST_CARDS || name === '') return null;
  const mebibytes = (field: string): number | null => scale(readNumber(values.get(field)), MEBIBYTE);
  return {
    count: readNumber(values.get('count')),
    uuid: /^(?:GPU|MIG)-[\w-]+$/.test(values.get('uuid') ?? '') ? (values.get('uuid') ?? null) : null,
    reading: {
      index,
      name,
      utilisation: within(readNumber(values.get('utilization.gpu')), 100),
      memoryUsedBytes: mebibytes('memory.used'),
      memoryTotalBytes: mebibytes('memory.total'),
      temperatureC: within(readNumber(values.get('temperature.gpu')), 200),
      powerW: within(readNumber(values.get('power.draw')), 5000),
      powerLimitW: within(readNumber(values.get('enforced.power.limit')), 5000),
      energyMJ: readNumber(values.get('total_energy_consumption')),
      // Some boards tell 120 % while their fan is set by hand.
      fanPercent: within(readNumber(values.get('fan.speed')), 200),
    },
  };
}

/** The field that a driver does not know, by its complaint; null where that is not what it says. */
export function readUnknownField(output: string): string | null {
  return /Field "([\w.]+)" is not a valid field to query/.exec(output)?.[1] ?? null;
}

/** Lines of `--query-compute-apps=gpu_uuid,pid,used_memory`: who holds memory, by card. */
export function readNvidiaProcesses(text: string): Map<string, GpuProcess[]> {
  const byCard = new Map<string, GpuProcess[]>();
  for (const line of text.split('\n')) {
    const [, uuid = '', pid = '', used = ''] = /^\s*([\w-]+)\s*,\s*(\d+)\s*,\s*(.+?)\s*$/.exec(line) ?? [];
    if (uuid === '') continue;
    const one = { pid: Number(pid), usedBytes: scale(readNumber(used), MEBIBYTE) };
    byCard.set(uuid, [...(byCard.get(uuid) ?? []), one]);
  }
  return byCard;
}

function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
}

function scale(value: number | null, by: number): number | null {
  return value === null ? null : value * by;
}

function within(value: number | null, most: number): number | null {
  return value === null || value > most ? null : value;
}

/** A name goes to the router and to the owner's screen: no controls, not long. */
export function cleanName(name: string): string {
  return name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, NAME_CHARS);
}

// The processor's own counter (RAPL) in Linux's /sys/class/powercap, and processor time. The one door to both. The counter needs no rights on some
// systems and root on most (since CVE-2020-8694): where it may not be read there is none, and nobody is asked for rights.
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { HostMeter } from './meter-reading.ts';

const POWERCAP = '/sys/class/powercap';

interface Zone {
  readonly file: string;
  readonly rangeMicroJ: number;
}

export interface HostPower {
  /** False where it never gives anything: then nobody need ask at rest. */
  readonly isThere: boolean;
  /** All packages together; null where there is no counter. Some microseconds. */
  read(): HostMeter | null;
}

/** Looks once which packages there are. Of a platform counter (`psys`) nothing is taken: it holds what the packages hold. */
export function openHostPower(root = POWERCAP): HostPower {
  const zones = findZones(root);
  return {
    isThere: zones.length > 0,
    read: () => {
      let microJ = 0;
      let rangeMicroJ = 0;
      for (const zone of zones) {
        const counter = readCount(zone.file);
        if (counter === null) return null;
        microJ += counter;
        rangeMicroJ += zone.rangeMicroJ;
      }
      // Of two packages that do not wrap together the sum is off by one range for a span, which no machine can have drawn.
      return zones.length === 0 ? null : { microJ, rangeMicroJ: rangeMicroJ / zones.length };
    },
  };
}

function findZones(root: string): Zone[] {
  const zones: Zone[] = [];
  for (const name of list(root)) {
    if (!/^intel-rapl:\d+$/.test(name)) continue;
    const folder = join(root, name);
    if (!/^package-\d+$/.test(readText(join(folder, 'name')) ?? '')) continue;
    const file = join(folder, 'energy_uj');
    const rangeMicroJ = readCount(join(folder, 'max_energy_range_uj'));
    if (rangeMicroJ !== null && readCount(file) !== null) zones.push({ file, rangeMicroJ });
  }
  return zones;
}

/** Processor time of the whole machine so far, all threads, ms; null where the system does not tell. */
export function readBusyMs(): number | null {
  const all = cpus();
  if (all.length === 0) return null;
  return all.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/** Processor time of this process so far, with its threads, ms. */
export function readOwnMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Another system, or a kernel without it.
    return [];
  }
}

function readCount(file: string): number | null {
  const text = readText(file);
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // Not there, or not for this user.
    return null;
  }
}

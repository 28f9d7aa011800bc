// One line of what the PowerShell child says. Pure.
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import type { Battery, RunningApp } from './home-signals.ts';

export interface WindowsFacts {
  readonly inputIdleS: number | null;
  readonly battery: Battery | null;
  readonly apps: readonly RunningApp[];
}

const byte = z.number().int().min(0).max(255);
const lineSchema = z.object({
  idleMs: z.number().min(0).nullable(),
  /** SYSTEM_POWER_STATUS: 0 battery, 1 plug, 255 unknown; flag 128: no battery; percent 255: unknown. */
  line: byte,
  flag: byte,
  percent: byte,
  apps: z.array(z.tuple([z.number().int(), z.string().max(300), z.string().max(1000).nullable()])).max(10_000),
});

/** Null for what is no such line. */
export function readWindowsLine(text: string): WindowsFacts | null {
  const parsed = lineSchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { idleMs, line, flag, percent, apps } = parsed.data;
  const battery =
    line === 255 ? null : { isOnBattery: line === 0, chargePercent: percent > 100 || flag === 128 ? null : percent };
  return {
    inputIdleS: idleMs === null ? null : idleMs / 1000,
    battery,
    apps: apps.map(([pid, name, path]) => ({ pid, name, path })),
  };
}

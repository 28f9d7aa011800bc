// What a machine draws and what today came to, as lines for the owner: no line is longer than a terminal is wide. Pure.
import type { AgentStatus } from '../home/status-file.ts';

type Power = NonNullable<AgentStatus['power']>;

const KNOWN_BY: Readonly<Record<Power['method'], string>> = {
  wall: 'by your meter, within 5 %',
  counter: 'by its own counter, within 12 %',
  sampled: "by the card's power, within 20 %",
  estimated: 'by a table, within 50 %',
  unknown: 'energy of jobs not known here',
};

export function tellPower(power: AgentStatus['power']): string[] {
  if (power === null) return [];
  const { watts, idleW, method, todayMicroWh, todayIdleMicroWh } = power;
  const now = watts === null ? [] : [`${Math.round(watts)} W now`];
  const rest = idleW === null ? [] : [`${Math.round(idleW)} W at rest`];
  const lines = [`power      ${[...now, ...rest, KNOWN_BY[method]].join(', ')}`];
  if (method !== 'unknown' || todayMicroWh > 0) lines.push(`energy     ${toKwh(todayMicroWh)} kWh today for jobs`);
  if (todayIdleMicroWh > 0)
    lines.push(`           ${toKwh(todayIdleMicroWh)} kWh more today, awake for the network only`);
  return lines;
}

function toKwh(microWh: number): string {
  const kWh = microWh / 1e9;
  return kWh >= 0.1 || kWh === 0 ? kWh.toFixed(2) : kWh.toPrecision(2);
}

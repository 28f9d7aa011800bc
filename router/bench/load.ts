// Runs one scenario against one target for one round and tells what it saw: times, faults, and the CPU that each part used meanwhile.
import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask.ts';
import { readCpuS, readMachine } from './cpu.ts';
import type { Scenario } from './scenarios.ts';
import type { Target } from './targets.ts';

/** One round of one scenario on one target. */
export interface Slice {
  readonly requests: number;
  /** What was wrong with how many answers. */
  readonly faults: Readonly<Record<string, number>>;
  readonly ttftsMs: readonly number[];
  /** How long each whole answer took. */
  readonly totalsMs: readonly number[];
  readonly gapsMs: readonly number[];
  readonly tokens: number;
  readonly seconds: number;
  /** By part of the way. */
  readonly cpuS: Readonly<Record<string, number>>;
  /** Cores that the rest of the machine used meanwhile, and that other machines on the same host took: noise. */
  readonly otherCores: number;
  readonly stolenCores: number;
}

/** `ownPids` are the load's and the backend's: neither the target's nor noise. */
export async function runSlice(
  target: Target,
  scenario: Scenario,
  tools: { readonly connections: Agent; readonly ownPids: readonly number[] },
): Promise<Slice> {
  const groups = Object.entries(target.pids);
  const readAll = (): number[] => [...groups.map(([, pids]) => readCpuS(pids)), readCpuS(tools.ownPids)];
  const before = { cpuS: readAll(), machine: readMachine(), at: performance.now() };
  const seen = await callAll(target, scenario, tools.connections);
  const seconds = (performance.now() - before.at) / 1000;
  const usedS = readAll().map((cpuS, i) => cpuS - (before.cpuS[i] ?? 0));
  const machine = readMachine();
  const otherS = machine.busyS - before.machine.busyS - usedS.reduce((sum, one) => sum + one, 0);
  const cpuS = Object.fromEntries(groups.map(([name], i) => [name, usedS[i] ?? Number.NaN]));
  const stolenCores = (machine.stolenS - before.machine.stolenS) / seconds;
  return { ...seen, seconds, cpuS, otherCores: otherS / seconds, stolenCores };
}

type Seen = Pick<Slice, 'requests' | 'faults' | 'ttftsMs' | 'totalsMs' | 'gapsMs' | 'tokens'>;

async function callAll(target: Target, scenario: Scenario, connections: Agent): Promise<Seen> {
  const seen = {
    requests: 0,
    faults: {} as Record<string, number>,
    ttftsMs: [] as number[],
    totalsMs: [] as number[],
    gapsMs: [] as number[],
    tokens: 0,
  };
  const call = { ...scenario.call, model: `${target.prefix}-${scenario.call.model}` };
  const endsAt = performance.now() + (scenario.seconds ?? Number.POSITIVE_INFINITY) * 1000;
  let left = scenario.requests ?? Number.POSITIVE_INFINITY;
  const work = async (worker: number): Promise<void> => {
    // First starts lie apart, so that streams do not all begin, and their chunks not all come, in one moment.
    await sleep(((scenario.spreadMs ?? 0) * worker) / scenario.atOnce);
    while (left-- > 0 && performance.now() < endsAt) {
      const asked = await ask(target, connections, call);
      seen.requests += 1;
      if (asked.fault !== null) {
        seen.faults[asked.fault] = (seen.faults[asked.fault] ?? 0) + 1;
        continue;
      }
      seen.ttftsMs.push(asked.ttftMs);
      seen.totalsMs.push(asked.totalMs);
      for (const gapMs of asked.gapsMs) seen.gapsMs.push(gapMs);
      seen.tokens += asked.tokens;
    }
  };
  await Promise.all(Array.from({ length: scenario.atOnce }, (_, worker) => work(worker)));
  return seen;
}

// The design's goals for the relay beside what was measured. Pure.
import type { Figure, Summary } from './summarise-rounds.ts';
import type { ScenarioName } from './scenarios.ts';
import type { TargetName } from './targets.ts';

export type Results = Readonly<Partial<Record<ScenarioName, Readonly<Partial<Record<TargetName, Summary>>>>>>;

export interface Judged {
  readonly what: string;
  readonly goal: string;
  readonly measured: number | null;
  readonly isReached: boolean;
}

/** One line for each goal; `bad` answers of any kind must be none. */
export function judgeGoals(results: Results): readonly Judged[] {
  const of = (scenario: ScenarioName, target: TargetName): Summary | undefined => results[scenario]?.[target];
  const cpuOf = (target: TargetName, scenario: ScenarioName = '32 streams'): number | null =>
    divide(of(scenario, target)?.cpuSPerMChunks, of(scenario, 'floor')?.cpuSPerMChunks);
  return [
    atMost(
      'added TTFT p50 ms, 32 streams, one chunk a frame',
      3,
      at(of('32 streams', 'irori-window-0')?.addedTtftP50Ms),
    ),
    atMost('added TTFT p50 ms, 32 streams, default window', 3, at(of('32 streams', 'irori')?.addedTtftP50Ms)),
    atMost('gap p99 ms, 32 streams, one chunk a frame', 10, at(of('32 streams', 'irori-window-0')?.gapP99Ms)),
    atMost('CPU per chunk of the bare path, one chunk a frame', 1.15, cpuOf('irori-window-0')),
    atMost('CPU per chunk of the bare path, default window', 0.45, cpuOf('irori')),
    atMost('the same, answers of 640 chunks, one chunk a frame', 1.15, cpuOf('irori-window-0', '32 long streams')),
    atMost('the same, answers of 640 chunks, default window', 0.45, cpuOf('irori', '32 long streams')),
    atLeast('chunks/s of direct, no gap, default window', 0.5, at(of('no gap', 'irori')?.chunksOfDirect)),
    atLeast('requests/s of direct, not streamed', 0.2, at(of('not streamed', 'irori')?.requestsOfDirect)),
    atMost('answers that were not whole', 0, countBad(results)),
  ];
}

function atMost(what: string, goal: number, measured: number | null): Judged {
  return { what, goal: `≤ ${goal}`, measured, isReached: measured !== null && measured <= goal };
}

function atLeast(what: string, goal: number, measured: number | null): Judged {
  return { what, goal: `≥ ${goal}`, measured, isReached: measured !== null && measured >= goal };
}

function at(figure: Figure | null | undefined): number | null {
  return figure?.median ?? null;
}

function divide(a: Figure | null | undefined, b: Figure | null | undefined): number | null {
  return a && b ? a.median / b.median : null;
}

function countBad(results: Results): number {
  let bad = 0;
  for (const byTarget of Object.values(results)) for (const summary of Object.values(byTarget)) bad += summary.bad;
  return bad;
}

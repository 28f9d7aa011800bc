// The loads that every target gets in turn.
import type { Call } from './ask.ts';
import type { TargetName } from './targets.ts';

export type ScenarioName = 'one stream' | '32 streams' | '32 long streams' | 'no gap' | 'not streamed';

export interface Scenario {
  readonly name: ScenarioName;
  readonly atOnce: number;
  /** The model's name without its prefix. */
  readonly call: Call;
  /** Calls in a round, or how long a round goes on starting new ones. */
  readonly requests?: number;
  readonly seconds?: number;
  /** The first starts are spread over this long: about the length of one stream. */
  readonly spreadMs?: number;
}

const PACED: Call = { model: '64x5', stream: true, tokens: 64 };
/** Long enough that a call's own costs (ticket, receipt, books) hardly count: what is left is the cost of a chunk. */
const LONG: Call = { model: '640x5', stream: true, tokens: 640 };
const UNPACED: Call = { model: '512x0', stream: true, tokens: 512 };
/** 1 KB asked, 1 KB answered. */
const WHOLE: Call = { model: '1x0-fat700', stream: false, tokens: 1 };

/** `quick` shortens every round: good for seeing that all works, too short for figures to show around. */
export function listScenarios(quick: boolean): readonly Scenario[] {
  return [
    { name: 'one stream', atOnce: 1, call: PACED, requests: quick ? 3 : 8 },
    { name: '32 streams', atOnce: 32, call: PACED, requests: quick ? 96 : 256, spreadMs: 320 },
    { name: '32 long streams', atOnce: 32, call: LONG, requests: quick ? 32 : 64, spreadMs: 320 },
    { name: 'no gap', atOnce: 32, call: UNPACED, seconds: quick ? 1.5 : 3 },
    { name: 'not streamed', atOnce: 32, call: WHOLE, seconds: quick ? 1.5 : 3 },
  ];
}

/** Priced calls are measured where holds and charges could cost something; the rest would only repeat. */
export function isMeasured(target: TargetName, scenario: ScenarioName): boolean {
  return target !== 'irori-priced' || scenario === '32 streams' || scenario === 'not streamed';
}

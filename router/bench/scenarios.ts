// The loads that every target gets in turn.
import type { Call } from './ask.ts';
import type { TargetKind } from './target-names.ts';

export type ScenarioName =
  'not streamed' | 'one at a time' | '32 streams' | '32 long streams' | 'no gap' | 'one stream';

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

/** Loads under which all code that a call passes gets hot, by turns. */
export const WARMING: readonly Scenario[] = [
  { name: 'not streamed', atOnce: 32, call: WHOLE, seconds: 0.6 },
  { name: '32 streams', atOnce: 32, call: PACED, seconds: 0.3 },
  { name: 'no gap', atOnce: 8, call: UNPACED, seconds: 0.1 },
];

/** `quick` shortens every round: good for seeing that all works, too short for figures to show around. */
export function listScenarios(quick: boolean): readonly Scenario[] {
  const all: readonly Scenario[] = [
    { name: 'not streamed', atOnce: 32, call: WHOLE, seconds: quick ? 2 : 4 },
    { name: 'one at a time', atOnce: 1, call: WHOLE, seconds: quick ? 1 : 2 },
    { name: '32 streams', atOnce: 32, call: PACED, requests: quick ? 96 : 256, spreadMs: 320 },
    { name: '32 long streams', atOnce: 32, call: LONG, requests: quick ? 32 : 64, spreadMs: 320 },
    { name: 'no gap', atOnce: 32, call: UNPACED, seconds: quick ? 1.5 : 3 },
    { name: 'one stream', atOnce: 1, call: PACED, requests: 8 },
  ];
  // No goal goes by it.
  return quick ? all.filter(({ name }) => name !== 'one stream') : all;
}

/** Which scenarios tell nothing of a target that another one does not tell too. */
const LEFT_OUT: Readonly<Record<'oneAFrame' | 'priced', readonly ScenarioName[]>> = {
  // Nothing to gather where nothing is streamed, and where chunks wait for each other they are gathered anyhow.
  oneAFrame: ['not streamed', 'one at a time', 'no gap', 'one stream'],
  // Holds and charges cost a call something, not a chunk.
  priced: ['one at a time', '32 long streams', 'no gap', 'one stream'],
};

export function isMeasured({ kind }: { readonly kind: TargetKind }, scenario: ScenarioName): boolean {
  return kind === 'oneAFrame' || kind === 'priced' ? !LEFT_OUT[kind].includes(scenario) : true;
}

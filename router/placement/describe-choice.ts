// The record of one choice and its reason in one plain sentence, for callers and owners. Pure.
import { writeHomeReason } from '../../schema/home-reasons.ts';
import type { HomeReason } from '../../schema/home-reasons.ts';
import type { Decision, Forecast, GrantAsk, HomeState } from '../../schema/placement.ts';
import { expectGrams } from './expect-grams.ts';

/** A home that fits and has a free slot, with all that its choice depends on. */
export interface Candidate {
  readonly home: HomeState;
  readonly forecast: Forecast;
  readonly scoreMs: number;
  readonly keeps: boolean;
  readonly km: number;
}

/** Why a home was chosen: the rule that took it. */
export type Rule = 'order' | 'own' | 'mode' | 'forced';

/** How the choice came about. */
export interface Choice {
  readonly rule: Rule;
  readonly ask: GrantAsk;
  readonly candidates: number;
  readonly keeping: number;
  /** Where the least CO2e was asked for: the closest home that keeps the promise, to hold the chosen one against. */
  readonly closest?: HomeState | undefined;
}

/** What was known and predicted when this home was chosen; numbers rounded to what they are worth. */
export function describeChoice(best: Candidate, choice: Choice): Decision {
  const { rule, ask, candidates, keeping } = choice;
  const { home, forecast } = best;
  return {
    mode: ask.wish.mode,
    reason: writeHomeReason({
      rule: rule === 'mode' ? ask.wish.mode : rule,
      km: Math.round(best.km),
      firstTokenS: (forecast.ttftMs / 1000).toFixed(2),
      grams: gramsOf(home, choice),
    }),
    candidates,
    keeping,
    asks: 1,
    isForced: rule === 'forced',
    km: Math.round(best.km),
    ttftMs: tenth(forecast.ttftMs),
    rttMs: tenth(forecast.rttMs),
    edgeRttMs: tenth(ask.edgeRttMs),
    waitMs: tenth(forecast.waitMs),
    loadMs: tenth(forecast.loadMs),
    promptMs: tenth(forecast.promptMs),
    decodeMs: tenth(forecast.decodeMs),
    tokensPerS: tenth(forecast.tokensPerS),
    active: home.active,
    promptTokens: Math.round(ask.size.promptTokens),
    outputTokens: Math.round(ask.size.outputTokens),
    cachedTokens: Math.round(home.cachedTokens),
    failureShare: Math.round(home.failureShare * 10_000) / 10_000,
  };
}

/** Where the least CO2e was asked for and decided. */
function gramsOf(home: HomeState, { rule, ask, closest }: Choice): HomeReason['grams'] {
  if (rule !== 'mode' || ask.wish.mode !== 'greenest') return undefined;
  return { own: tellGrams(home, ask), closest: closest && closest !== home ? tellGrams(closest, ask) : null };
}

/** To two digits: no expectation is better than that. */
function tellGrams(home: HomeState, { size }: GrantAsk): string {
  return String(Number(expectGrams(home, size).toPrecision(2)));
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

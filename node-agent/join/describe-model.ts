// A model's row in the choice: what it needs, how fast, what it pays and how often it was asked for. Pure.
import { tellStanding } from '../link/read-demand.ts';
import type { Demand } from '../link/read-demand.ts';
import { fitEnd, padWidth } from '../fit-text.ts';
import { formatSpeed } from './judge-model.ts';
import type { ModelVerdict } from './judge-model.ts';

const NAME_COLUMNS = 20;
/** The prompts break what is longer. */
const ROW_COLUMNS = 62;
const VERDICT_COLUMNS = 17;
const GRADES = { ok: 'OK', limited: 'limited', cannot: 'cannot' } as const;

/** One line of at most 62 columns: name, verdict, speed. */
export function describeModel(name: string, verdict: ModelVerdict, demand: Demand | null): string {
  const speed = verdict.tokensPerS === null ? '' : ` ~${formatSpeed(verdict.tokensPerS)} tok/s`;
  const head = `${padWidth(fitEnd(name, NAME_COLUMNS), NAME_COLUMNS)} ${GRADES[verdict.grade]}${speed}`;
  return fitEnd(
    `${padWidth(head, NAME_COLUMNS + 1 + VERDICT_COLUMNS)} ${describeDemand(demand)}`.trimEnd(),
    ROW_COLUMNS,
  );
}

/** In a few words; nothing where the router did not tell. */
export function describeDemand(demand: Demand | null): string {
  if (demand === null) return '';
  if (!demand.isInCatalogue) return 'only you can call it';
  const calls = demand.callsPerHour === null ? 'few calls' : `${demand.callsPerHour} calls/h`;
  const pays = demand.priceOutMicro === null ? '' : `pays ${formatPrice(demand.priceOutMicro)}/M · `;
  return `${pays}${calls}`;
}

/** For the line under the rows: whose calls come, where not everybody's do. */
export function explainDemand(name: string, demand: Demand | null): string | null {
  return demand === null || demand.servedTo === 'everyone' ? null : `${name}: ${tellStanding(demand)}, free.`;
}

/** Credits for a million tokens: `2`, `0.35`. */
function formatPrice(micro: number): string {
  return String(Number((micro / 1e6).toFixed(4)));
}

// What an edge is told of a part whose hub had settled it and has lost its memory since: by what that hub wrote down, or what the accounts have. Pure.
import type { PartTold } from '../../schema/records.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { countAsked } from './decide-charge.ts';
import { energyOf } from './judge-energy.ts';
import { billPart } from './tally-job.ts';

/** Null for a part that nobody has settled as complete: what broke off is charged only where its edge says so. */
export function tellSettled(settlements: readonly SettlementJson[], part: number): PartTold | null {
  const settlement = settlements.find((one) => one.part === part);
  if (!settlement || settlement.outcome !== 'complete') return null;
  const { ticket, charge, outputTokens, ttftMs, responseHash, receipt } = settlement;
  const hash = responseHash ?? receipt?.responseHash ?? null;
  return {
    kind: 'settled',
    charge,
    end: {
      promptTokens: countAsked(settlement),
      outputTokens,
      // Nobody wrote down how many of them were thinking.
      thinkingTokens: 0,
      bill: billPart(settlement),
      energy: energyOf(settlement),
      finish: outputTokens >= ticket.maxOutputTokens ? 'length' : 'stop',
      ttftMs,
      receiptHash: null,
    },
    digest: hash === null ? null : { salt: ticket.salt, hash },
  };
}

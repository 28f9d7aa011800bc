// A part whose job was not finished. Pure.
import type { SettlementJson } from '../../schema/settlement.ts';

/** A part that broke off and that nobody went on with: what its hub could not know when it settled it. */
export function failPart(settlement: SettlementJson): SettlementJson {
  const { outcome } = settlement;
  if (outcome === 'interrupted-by-node') return { ...settlement, outcome: 'failed-by-node' };
  return outcome === 'interrupted-by-network' ? { ...settlement, outcome: 'failed-by-network' } : settlement;
}

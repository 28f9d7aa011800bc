// Whole answers to one call as one: their choices in order, one usage, one word of the network's facts. Pure.
import { withEnergy } from '../../schema/chunks.ts';
import type { FinalFacts, Usage } from '../../schema/chunks.ts';
import { mergeFacts, mergeUsage } from './merge-facts.ts';

/** What encodeCompletion writes, as far as several differ. */
interface Completion {
  readonly choices: readonly object[];
  readonly usage: Usage;
  readonly irori: FinalFacts;
}

/** JSON texts of our own, in the order of their choices, of which there is one at least. Throws RangeError for none. */
export function mergeCompletions(bodies: readonly string[]): string {
  const [first, ...others] = bodies.map((body) => JSON.parse(body) as Completion);
  if (!first) throw new RangeError('there is no answer to tell');
  const all = [first, ...others];
  const irori = mergeFacts([first.irori, ...others.map((one) => one.irori)]);
  return JSON.stringify({
    ...first,
    choices: all.flatMap(({ choices }) => choices),
    usage: withEnergy(mergeUsage(all.map(({ usage }) => usage)), irori),
    irori,
  });
}

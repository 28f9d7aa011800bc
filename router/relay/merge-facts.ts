// What is told once of several answers to one call: the usage, which counts the prompt once as it is charged once, and the network's facts. Pure.
import type { FinalFacts, Usage } from '../../schema/chunks.ts';
import { addEnergy } from '../billing/tell-energy.ts';
import { makeUsage } from '../../schema/chunks.ts';

/** The first answer's facts, with what all of them came to; and each one's own, whose receipts are their own as well. */
export interface ChoiceFacts extends FinalFacts {
  readonly choices: readonly FinalFacts[];
}

/** `usages` in the order of the answers; the first one's prompt is the one that is charged. */
export function mergeUsage(usages: readonly Usage[]): Usage {
  const thinking = (one: Usage): number => one.completion_tokens_details?.reasoning_tokens ?? 0;
  return makeUsage({
    promptTokens: usages[0]?.prompt_tokens ?? 0,
    outputTokens: sum(usages.map((one) => one.completion_tokens)),
    thinkingTokens: sum(usages.map(thinking)),
  });
}

/** `facts` in the order of the answers, of which there is one at least. */
export function mergeFacts(facts: readonly [FinalFacts, ...FinalFacts[]]): ChoiceFacts {
  const energies = facts.flatMap(({ energy }) => energy ?? []);
  const isTold = energies.length === facts.length;
  const energy = isTold
    ? {
        energy: addEnergy(
          energies,
          facts.map((one) => one.output_tokens),
        ),
      }
    : {};
  return {
    ...facts[0],
    output_tokens: sum(facts.map((one) => one.output_tokens)),
    charge_micro: sum(facts.map((one) => one.charge_micro)),
    ...energy,
    choices: facts,
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, one) => all + one, 0);
}

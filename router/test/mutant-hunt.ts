// Looks whether the contracts' tests find the faults of contract-mutants.ts, two at a time.
import { compileMutants, MUTANTS } from './contract-mutants.ts';
import type { Forge } from './forge-runner.ts';

/** As many as a machine of the gate has cores. */
const LANES = 2;

export interface Caught {
  readonly name: string;
  /** What a test said of it; null where none said anything. */
  readonly by: string | null;
}

/** Those mutants of which `isWanted` is true, by their numbers from 1 on; first the contracts with none at work, of which no test may say anything. */
export async function huntMutants(
  forge: Forge,
  isWanted: (number: number) => boolean,
  tell: (caught: Caught) => void = () => undefined,
  seed?: string,
): Promise<readonly Caught[]> {
  const artifacts = compileMutants();
  const queue = [0, ...MUTANTS.map((_, place) => place + 1)].filter((number) => number === 0 || isWanted(number));
  const caught: Caught[] = [];
  const work = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { failed } = await forge.run({ artifacts, mutant, isHasty: true, ...(seed === undefined ? {} : { seed }) });
      const one = { name: MUTANTS[mutant - 1]?.name ?? NONE, by: failed[0]?.reason ?? null };
      caught.push(one);
      tell(one);
    }
  };
  await Promise.all(Array.from({ length: LANES }, work));
  return caught;
}

export const NONE = 'none at work';

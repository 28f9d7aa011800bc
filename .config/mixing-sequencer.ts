// The order in which files start. Whole networks mostly wait, files in workerd mostly load code: one kind after the other leaves the cores idle first and
// short of time then, so both are spread over the whole run, each in its own order (the longest first).
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/**
 * Whole files of half a minute and more, which vitest cannot know in a fresh clone: it takes a small file for a short one, and the last ones would then run
 * on alone. Those that compute stand between those that wait.
 */
const LONGEST = [
  'router/test/resume.test.ts',
  'router/test/leaving.test.ts',
  'router/test/kill.test.ts',
  'router/test/patience.test.ts',
  'router/test/attack.test.ts',
  'router/test/orphan-holds.test.ts',
  'router/test/chaos.test.ts',
  'router/test/lone-home.test.ts',
  'router/test/churn.test.ts',
  'router/test/blame.test.ts',
  'router/test/contract-forge.test.ts',
  'router/test/floods.test.ts',
  'router/test/llama-server.test.ts',
  'router/test/resume-text.test.ts',
  'router/test/chain-chaos.test.ts',
  'router/test/hibernate.test.ts',
  'router/test/receipts-race.test.ts',
  'router/test/day.test.ts',
];

export default class MixingSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const groups = Map.groupBy(sorted, ({ project }) => project.config.sequence.groupOrder);
    return [...groups.values()].flatMap((group) => mixKinds(group.toSorted((a, b) => placeOf(a) - placeOf(b))));
  }
}

/** Each project's files at even distances. */
function mixKinds(files: readonly TestSpecification[]): TestSpecification[] {
  const kinds = [...Map.groupBy(files, ({ project }) => project.name).values()];
  const placed = kinds.flatMap((kind) => kind.map((file, at) => ({ file, place: (at + 0.5) / kind.length })));
  return placed.toSorted((a, b) => a.place - b.place).map(({ file }) => file);
}

/** Its place among the longest; all others stand behind them, in the order that they have. */
function placeOf({ moduleId }: TestSpecification): number {
  const at = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}`));
  return at === -1 ? LONGEST.length : at;
}

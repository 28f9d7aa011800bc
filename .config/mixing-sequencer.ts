// The order in which files start. Whole networks mostly wait, files in workerd mostly load code: one kind after the other leaves the cores idle first and
// short of time then, so both are spread over the whole run, each in its own order (the largest first).
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

export default class MixingSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const groups = Map.groupBy(sorted, ({ project }) => project.config.sequence.groupOrder);
    return [...groups.values()].flatMap(mixKinds);
  }
}

/** Each project's files at even distances. */
function mixKinds(files: readonly TestSpecification[]): TestSpecification[] {
  const kinds = [...Map.groupBy(files, ({ project }) => project.name).values()];
  const placed = kinds.flatMap((kind) => kind.map((file, at) => ({ file, place: (at + 0.5) / kind.length })));
  return placed.toSorted((a, b) => a.place - b.place).map(({ file }) => file);
}

// Settings that were changed while the agent runs: what can be had at once, and what waits for a restart. Pure.
import type { AgentConfig } from './config.ts';

/** What is looked up each time that it is used. */
const LIVE = ['name', 'exposure', 'updates', 'manifest', 'updateKey'] as const satisfies readonly (keyof AgentConfig)[];

interface Compared {
  /** What is in effect from now on. */
  readonly live: Pick<AgentConfig, (typeof LIVE)[number]>;
  readonly applied: string[];
  readonly waiting: string[];
}

export function compareConfigs(before: AgentConfig, after: AgentConfig): Compared {
  const { name, exposure, updates, manifest, updateKey } = after;
  const keys = Object.keys(after) as (keyof AgentConfig)[];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  const live = new Set<string>(LIVE);
  return {
    live: { name, exposure, updates, manifest, updateKey },
    applied: changed.filter((key) => live.has(key)),
    waiting: changed.filter((key) => !live.has(key)),
  };
}

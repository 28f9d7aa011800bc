// What the running agent does for its owner's commands: one handler for each ask of the owner's line.
import { compareConfigs } from '../config/compare-configs.ts';
import type { AgentConfig } from '../config/config.ts';
import type { AnswerTo, HeardAsk, OwnerDesk } from '../home/owner-line.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { Updating } from './updating.ts';

export interface DeskDoors {
  readonly pause: (ask: HeardAsk<'pause'> | HeardAsk<'resume'>) => Promise<AnswerTo<'pause'>>;
  readonly status: () => AgentStatus;
  /** Looks whether the connection is one still, before it is told of. */
  readonly check: () => Promise<void>;
  /** The page's address with a token that opens it once; null where there is no page. */
  readonly openPage: () => string | null;
  /** What can change while it runs is changed in place. */
  readonly config: AgentConfig;
  readonly stop: () => Promise<void>;
  readonly shared: { readonly slots: { readonly running: number } };
  readonly updates: Pick<Updating, 'ask'>;
}

export function makeOwnerDesk({ pause, status, check, openPage, ...doors }: DeskDoors): OwnerDesk {
  const { config, stop, shared, updates } = doors;
  return {
    pause,
    resume: pause,
    status: async () => {
      await check();
      return { ...status() };
    },
    open: async () => ({ url: openPage() }),
    reload: async () => reload(config),
    stop: async () => {
      void stop();
      return { jobs: shared.slots.running };
    },
    update: async ({ install }) => ({ told: await updates.ask(install) }),
  };
}

function reload(config: AgentConfig): AnswerTo<'reload'> {
  const again = config.reread?.();
  if (again?.ok !== true) return { applied: [], waiting: [] };
  const { live, applied, waiting } = compareConfigs(config, again.value);
  Object.assign(config, live);
  return { applied, waiting };
}

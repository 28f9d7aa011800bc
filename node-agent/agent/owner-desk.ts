// What the running agent does for its owner's commands: one handler for each ask of the owner's line.
import type { AnswerTo, HeardAsk, OwnerDesk } from '../home/owner-line.ts';
import type { AgentStatus } from '../home/status-file.ts';

export interface DeskDoors {
  readonly pause: (ask: HeardAsk<'pause'> | HeardAsk<'resume'>) => Promise<AnswerTo<'pause'>>;
  readonly status: () => AgentStatus;
  /** The page's address with a token that opens it once; null where there is no page. */
  readonly openPage: () => string | null;
}

export function makeOwnerDesk({ pause, status, openPage }: DeskDoors): OwnerDesk {
  return {
    pause,
    resume: pause,
    status: async () => ({ ...status() }),
    open: async () => ({ url: openPage() }),
  };
}

// The one word for how a home stands: of the link, of its pauses and of its work, in this order. Pure.
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import { HOME_STATES } from '../../schema/state-words.ts';
import type { StateWord } from '../../schema/state-words.ts';

export interface StandingFacts {
  /** Of the link: starting, enrolling, dialling, connected, waiting or stopped. */
  readonly link: string;
  readonly paused: PauseReason | null;
  readonly running: number;
  readonly isEco: boolean;
}

/** A pause is the owner's business whether the link stands or not; without the link there is no work. */
export function chooseStanding({ link, paused, running, isEco }: StandingFacts): StateWord {
  if (paused !== null) return paused;
  const state = HOME_STATES.find((one) => one === link);
  if (state !== undefined) return state;
  if (link !== 'connected') return 'dialling';
  if (running > 0) return 'working';
  return isEco ? 'eco' : 'ready';
}

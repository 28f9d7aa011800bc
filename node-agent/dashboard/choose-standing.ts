// The one word for how a home stands: of the link, of its pauses and of its work, in this order. Pure.
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import type { StateWord } from '../../schema/state-words.ts';

export interface StandingFacts {
  /** Of the link: starting, enrolling, dialling, connected, waiting or stopped. */
  readonly link: string;
  readonly paused: PauseReason | null;
  readonly running: number;
  readonly isEco: boolean;
}

/** Of the link while it does not stand. */
const LINKS: Readonly<Record<string, StateWord>> = {
  starting: 'starting',
  enrolling: 'starting',
  dialling: 'starting',
  waiting: 'offline',
  stopped: 'stopped',
};

/** A pause is the owner's business whether the link stands or not; without the link there is no work. */
export function chooseStanding({ link, paused, running, isEco }: StandingFacts): StateWord {
  if (paused !== null) return paused;
  if (link !== 'connected') return LINKS[link] ?? 'offline';
  if (running > 0) return 'busy';
  return isEco ? 'eco' : 'idle';
}

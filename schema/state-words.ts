// What a home's states and reasons are called for its owner: one table for the command line, the page, the local API and the router's `why`.
import type { PauseReason } from './frames-to-hub.ts';

/** Of the link and of work, beside the reasons for which a home takes none. */
export const HOME_STATES = [
  'starting',
  'enrolling',
  'dialling',
  'waiting',
  'stopped',
  'ready',
  'working',
  'eco',
] as const;
type HomeState = (typeof HOME_STATES)[number];

export type StateWord = HomeState | PauseReason;

interface StateTold {
  /** One sentence for the owner. */
  readonly told: string;
  /** The one thing to do next; null where there is nothing to do. */
  readonly action: string | null;
}

export const STATE_WORDS: Readonly<Record<StateWord, StateTold>> = {
  starting: { told: 'Starting: it looks at its models and its disk.', action: null },
  enrolling: { told: 'Joining the network with its code.', action: null },
  dialling: { told: 'Connecting to the network.', action: null },
  waiting: { told: 'Not connected. It tries again by itself.', action: 'Look at the internet connection.' },
  stopped: { told: 'Stopped.', action: 'Start it with irori-node up.' },
  ready: { told: 'Ready, and waiting for a call.', action: null },
  working: { told: 'Working for callers.', action: null },
  eco: { told: 'Lending gently: fewer jobs at once.', action: 'Change the hours in the rules.' },
  owner: { told: 'Paused by you.', action: 'Lend again when you like.' },
  outbox: {
    told: 'Paused: too much of its work waits for the router to accept it.',
    action: 'Wait: it goes on by itself.',
  },
  draining: { told: 'Finishing its last jobs before a stop.', action: null },
  'backend-down': { told: 'Paused: no model server answers.', action: 'Start the model server.' },
  disk: { told: 'Paused: the disk is full, and receipts could not be kept.', action: 'Free space on the disk.' },
  exposure: {
    told: 'Paused: too many receipts wait for an answer.',
    action: 'Wait: it goes on by itself.',
  },
  schedule: { told: 'Paused: your hours keep the machine for you now.', action: 'Change the hours in the rules.' },
  'exclusive-app': {
    told: 'Paused: a program that you want undisturbed is open.',
    action: 'Close it, or take it off the list.',
  },
  'gpu-in-use': { told: 'Paused: another program uses the graphics card.', action: null },
  temperature: { told: 'Paused: the machine is too warm.', action: 'Let it cool, or raise the limit.' },
  battery: { told: 'Paused: the machine runs on battery.', action: 'Plug it in.' },
  update: { told: 'Paused for an update.', action: 'Wait: it goes on by itself.' },
  'user-active': { told: 'Paused: somebody uses the machine.', action: null },
  memory: { told: 'Paused: other programs need the memory.', action: 'Close a program, or lend a smaller model.' },
  metered: { told: 'Paused: the line to the network is metered.', action: 'Change the line, or allow metered lines.' },
  traffic: { told: 'Paused: the traffic of the day is used up.', action: 'Wait until midnight, or raise the limit.' },
  'job-limit': { told: 'Paused: as many jobs today as you allow.', action: 'Wait until midnight, or raise the limit.' },
  'power-cap': { told: 'Paused: more power or noise than you want now.', action: 'Raise the limit, or wait.' },
};

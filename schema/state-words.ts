// What a home does, and why it takes no work, in words for its owner: one table for the agent's terminal, its page and the router's `why`.
// `told` says it of now, `was` says it of minutes that are over (it follows "paused: "), `action` is the one thing to do next.
import type { PauseReason } from './frames-to-hub.ts';

/** What a home does when it is not paused. */
export const HOME_STATES = [
  'starting',
  'checking',
  'benchmarking',
  'idle',
  'busy',
  'eco',
  'pausing',
  'offline',
  'asleep',
  'stopped',
] as const;
type HomeState = (typeof HOME_STATES)[number];

/** A state, or the reason of a pause. */
export type StateWord = HomeState | PauseReason;

export interface StateText {
  /** A sentence for the owner. */
  readonly told: string;
  /** The same of the past, as a clause; of states that are no pause it stands alone. */
  readonly was: string;
  /** One thing to do next; null where there is nothing to do. */
  readonly action: string | null;
}

export const STATE_WORDS: Readonly<Record<StateWord, StateText>> = {
  starting: { told: 'The agent starts.', was: 'the agent was starting', action: null },
  checking: {
    told: 'It looks at what this machine can do.',
    was: 'it looked at what the machine can do',
    action: null,
  },
  benchmarking: { told: 'It measures how fast a model is here.', was: 'it measured a model', action: null },
  idle: { told: 'Ready: no call needs this home now.', was: 'it was ready, and no call needed it', action: null },
  busy: { told: 'It works for callers.', was: 'it worked for callers', action: null },
  eco: {
    told: 'Ready, with fewer jobs at once than it could take.',
    was: 'it took fewer jobs at once than it could',
    action: 'Change when it may work fully in your rules.',
  },
  pausing: { told: 'It hands over what runs.', was: 'it handed over what ran', action: null },
  offline: {
    told: 'Not connected to the network.',
    was: 'it was not connected',
    action: 'Look at irori-node doctor for what is in the way.',
  },
  asleep: {
    told: 'The machine was asleep.',
    was: 'the machine was asleep, or the agent was stopped in its tracks',
    action: 'Let the machine stay awake if it should work.',
  },
  stopped: { told: 'No agent runs.', was: 'no agent ran', action: 'Start it with irori-node up.' },
  owner: { told: 'You paused it.', was: 'you had paused it', action: 'Lend it again with irori-node resume.' },
  draining: {
    told: 'It finishes its last jobs before it stops.',
    was: 'it was finishing its last jobs before a stop',
    action: null,
  },
  'backend-down': {
    told: 'It has no model to offer: its server does not answer, or you lend none.',
    was: 'it had no model to offer: its server did not answer, or you lent none',
    action: 'Start the model server, or lend one of its models.',
  },
  exposure: {
    told: 'Too many of its receipts wait for an answer of the router.',
    was: 'too many of its receipts waited for an answer of the router',
    action: 'Nothing to do: it goes on by itself.',
  },
  schedule: {
    told: 'Your schedule keeps the machine for you at this time.',
    was: 'your schedule kept the machine for you at that time',
    action: 'Change the hours in your rules.',
  },
  'exclusive-app': {
    told: 'A program that you want undisturbed is open.',
    was: 'a program of yours that you want undisturbed was open',
    action: 'Nothing to do: it goes on a while after you close it.',
  },
  'gpu-in-use': {
    told: 'You or another program uses the graphics card.',
    was: 'you or another program used the graphics card',
    action: 'Nothing to do: it goes on once the card has been quiet.',
  },
  temperature: {
    told: 'The graphics card is too warm.',
    was: 'the machine was too warm',
    action: 'Let it cool, or allow more degrees in your rules.',
  },
  battery: {
    told: 'The machine runs on battery.',
    was: 'the machine ran on battery',
    action: 'Plug it in, or allow battery in your rules.',
  },
  update: { told: 'It is being updated.', was: 'it was being updated', action: null },
  disk: {
    told: 'The disk is full: receipts could not be kept.',
    was: 'its disk was full: receipts could not be kept',
    action: 'Free some space on the disk of the state folder.',
  },
  outbox: {
    told: 'Too much of what it did waits for the router to accept it (outbox).',
    was: 'receipts of its jobs had not reached the router',
    action: 'Nothing to do: it goes on by itself.',
  },
  'user-active': {
    told: 'Somebody uses the machine.',
    was: 'somebody used the machine',
    action: 'Nothing to do: it goes on once nobody has for a while.',
  },
  memory: {
    told: 'Other programs need the memory.',
    was: 'its memory was needed by other programs',
    action: 'Close what you do not need, or share a smaller model.',
  },
  metered: {
    told: 'The line to the network is metered.',
    was: 'its line to the network was metered',
    action: 'Use another line, or allow metered ones in your rules.',
  },
  traffic: {
    told: 'The traffic that you allow a day is used up.',
    was: 'the traffic that you allow a day was used up',
    action: 'Nothing to do: it goes on at midnight.',
  },
  'job-limit': {
    told: 'It has done as many jobs as you allow a day.',
    was: 'it had done as many jobs as you allow a day',
    action: 'Nothing to do: it goes on at midnight.',
  },
  'power-cap': {
    told: 'It draws more power, or is louder, than you want now.',
    was: 'it drew more power, or was louder, than you wanted at that time',
    action: 'Allow more watts or fan in your rules, or lower the card’s limit.',
  },
};

/** A state or a reason as a sentence; a word that only later versions know is told as it is. */
export function tellState(word: string): string {
  return isStateWord(word) ? STATE_WORDS[word].told : word;
}

function isStateWord(word: string): word is StateWord {
  return Object.hasOwn(STATE_WORDS, word);
}

// The rules of learning together, as a hub takes them: what is believed before any job, and how each job changes it.
import { expectFailures, learnFailure, NO_FAILURES } from './learn-failures.ts';
import { learnRtt, startRtt } from './learn-rtt.ts';
import { expectSpeeds, learnSpeeds, makeSpeedPrior, NO_SPEEDS } from './learn-speed.ts';

/** Everything that router/relay/learning.ts asks for but the pause, which is the relay's own. */
export const LEARNING_RULES = {
  noSpeeds: NO_SPEEDS,
  makeSpeedPrior,
  expectSpeeds,
  learnSpeeds,
  noFailures: NO_FAILURES,
  learnFailure,
  expectFailures,
  startRtt,
  learnRtt,
};

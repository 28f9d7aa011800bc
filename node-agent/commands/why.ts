// `irori-node why`: asks the router why this home had no job in the last hour, and prints its answer plainly. Needs no running agent: the home
// signs the question with its own key.
import type { Environment } from '../config/config.ts';
import { complain } from './complain.ts';
import { describeModelNotes } from './describe-notes.ts';
import { findOwnHome } from './own-home.ts';
import type { AgentStatus } from '../home/status-file.ts';
import { tellLines } from './tell-lines.ts';
import { toIsoTimes } from './to-iso-times.ts';
import { tellClock, tellMany, tellWhen } from '../tell-time.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { tellState } from '../../schema/state-words.ts';
import { askWhy } from '../link/why-question.ts';
import type { Why } from '../link/why-question.ts';

/** Prints the reasons of the last hour; exit status 0, or 1 when nothing could be learned. */
export async function runWhy(flags: OptionValues, env: Environment): Promise<number> {
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { status, key } = home.value;
  const why = await askWhy(status.router, key, Date.now());
  if (!why.ok) return complain(why.error, 1);
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(toIsoTimes(why.value))}\n` : formatWhy(why.value, status),
  );
  return 0;
}

/** The answer as lines for a terminal; times of day are this machine's. */
export function formatWhy(
  why: Why,
  notes: Pick<AgentStatus, 'modelNotes'> = { modelNotes: {} },
  now: number = Date.now(),
): string {
  const { lastHour } = why;
  const lines = [
    `${why.node}  ${describeStanding(why, now)}`,
    `jobs       ${lastHour.jobs} in the last hour; ${tellMany(lastHour.minutesWithJob, 'minute')} with work, ${lastHour.minutesWithout} without`,
    lastHour.summary,
    ...lastHour.spans.map(({ from, to, text: said }) => `  ${tellClock(from)}–${tellClock(to)}  ${said}`),
    ...describeModelNotes(notes),
    ...describeFaults(why),
    ...describeEvidence(why),
    ...describeTurns(why),
    // What an older router calls measured may be a guess.
    ...Object.entries(why.measured).map(([model, speed]) =>
      describeMeasured(why.guessed === undefined ? 'expected' : 'measured', model, speed),
    ),
    ...Object.entries(why.guessed ?? {}).map(([model, speed]) => describeGuessed(model, speed)),
  ];
  return tellLines(lines);
}

function describeStanding(why: Why, now: number): string {
  if (!why.online) return why.since === null ? 'not connected' : `not connected since ${tellWhen(why.since, now)}`;
  const place = [why.area, why.hub].filter((part) => part !== null).join(', ');
  if (why.pause !== null) return `connected (${place}), takes no work: ${tellState(why.pause)}`;
  if (why.coolingUntil !== null)
    return `connected (${place}), cooling down until ${tellClock(why.coolingUntil)}: ${why.coolingReason ?? 'jobs failed'}`;
  return `connected (${place})`;
}

function describeFaults({ faults }: Why): string[] {
  if (!faults || faults.lastHour === 0) return [];
  return [
    `faults     ${faults.lastHour} in the last hour: jobs that the model server failed on; ${faults.heldAgainst} of them counted against this home, the others may be their prompts' doing`,
  ];
}

function describeEvidence({ evidence }: Why): string[] {
  if (!evidence || evidence.seals + evidence.receipts === 0) return [];
  return [
    `evidence   this home has signed two different seals under one number (${evidence.seals} known) or two receipts (${evidence.receipts}): a copy of its state folder runs elsewhere, or was put back from an old backup`,
  ];
}

function describeTurns({ turns }: Why): string[] {
  if (!turns || turns.refused + turns.contradicted + turns.preempted === 0) return [];
  const { answered, refused, contradicted, preempted } = turns;
  return [
    `given back ${tellMany(refused + contradicted + preempted, 'job')} in the last hour, and ${answered} answered: ${refused} refused, ${contradicted} refused that another home answered, ${preempted} taken back. A home that gives most jobs back is left alone for a while`,
  ];
}

function describeMeasured(word: 'measured' | 'expected', model: string, speed: Why['measured'][string]): string {
  return `${word}   ${model}: ${describeSpeed(speed)}, ${Math.round(speed.rttMs)} ms to its hub and back, ${(100 * speed.failureShare).toFixed(1)} % of jobs expected to break`;
}

function describeGuessed(model: string, speed: Why['measured'][string]): string {
  return `guessed    ${model}: ${describeSpeed(speed)}; no job has shown its speed yet`;
}

function describeSpeed({ promptTokensPerS, decodeTokensPerS }: Why['measured'][string]): string {
  return `${Math.round(promptTokensPerS)} prompt and ${decodeTokensPerS.toFixed(1)} output tokens/s`;
}

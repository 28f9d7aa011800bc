// `irori-node why`: asks the router why this home had no job in the last hour, and prints its answer plainly. Needs no running agent: the home
// signs the question with its own key.
import type { Environment } from '../config/config.ts';
import { complain } from './complain.ts';
import { describeModelNotes } from './describe-notes.ts';
import { findOwnHome } from './own-home.ts';
import type { AgentStatus } from '../home/status-file.ts';
import { tellLines } from './tell-lines.ts';
import { toIsoTimes } from './to-iso-times.ts';
import { tellClock, tellWhen } from '../tell-time.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { askWhy } from '../link/why-question.ts';
import type { Why } from '../link/why-question.ts';
import { tellState } from '../../schema/state-words.ts';

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
    `jobs       ${lastHour.jobs} in the last hour; ${lastHour.minutesWithJob} minutes with work, ${lastHour.minutesWithout} without`,
    lastHour.summary,
    ...lastHour.spans.map(({ from, to, text: said }) => `  ${tellClock(from)}–${tellClock(to)}  ${said}`),
    ...describeModelNotes(notes),
    ...describeFaults(why),
    ...describeEvidence(why),
    ...describeTurns(why),
    ...Object.entries(why.measured).map(([model, measured]) => describeMeasured(model, measured)),
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
    `given back ${refused + contradicted + preempted} jobs in the last hour, and ${answered} answered: ${refused} refused, ${contradicted} refused that another home answered, ${preempted} taken back. A home that gives most jobs back is left alone for a while`,
  ];
}

function describeMeasured(model: string, measured: Why['measured'][string]): string {
  const { promptTokensPerS, decodeTokensPerS, rttMs, failureShare, samples } = measured;
  const about = `${Math.round(promptTokensPerS)} prompt and ${decodeTokensPerS.toFixed(1)} output tokens/s`;
  if (samples === 0) return `guessed    ${model}: ${about}; no job has shown its speed yet`;
  // What nobody says was measured is not called so.
  const word = samples === undefined ? 'expected' : 'measured';
  return `${word}   ${model}: ${about}, ${Math.round(rttMs)} ms to its hub and back, ${(100 * failureShare).toFixed(1)} % of jobs expected to break`;
}

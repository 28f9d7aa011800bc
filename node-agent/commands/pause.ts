// `irori-node pause` and `irori-node resume`: the owner takes the machine back, and lends it again.
import { readStateFolder } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { COLUMNS, wrapText } from '../fit-text.ts';
import { askAgent } from '../home/owner-line.ts';
import type { OwnerAnswer, OwnerAsk } from '../home/owner-line.ts';
import { tellWhen } from '../tell-time.ts';
import { tellState } from '../../schema/state-words.ts';
import { complain } from './complain.ts';
import { describeUnanswered } from './unanswered.ts';
import { parsePause } from './parse-pause.ts';
import { toIsoTimes } from './to-iso-times.ts';

/** Exit status 0 when the agent paused, 1 when none runs or it does not answer, 2 when the words are no time. */
export async function runPause(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  const wish = parsePause(words, typeof flags.for === 'string' ? flags.for : null, Date.now());
  if (!wish.ok) return complain(wish.error, 2);
  return tell({ do: 'pause', ...wish.value }, flags, env);
}

/** Exit status 0 when the agent was told, 1 when none runs or it does not answer. */
export async function runResume(flags: OptionValues, env: Environment): Promise<number> {
  return tell({ do: 'resume' }, flags, env);
}

async function tell(ask: OwnerAsk<'pause' | 'resume'>, flags: OptionValues, env: Environment): Promise<number> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return complain(folder.error, 2);
  const asked = await askAgent(folder.value, ask);
  if (asked.kind !== 'answered') return complain(await describeUnanswered(asked.kind, folder.value), 1);
  const { answer } = asked;
  const isLate = ask.do === 'pause' && ask.when === 'after-job';
  const told = wrapText(describe(answer, isLate, Date.now()), COLUMNS).join('\n');
  process.stdout.write(`${flags.json === true ? JSON.stringify(toIsoTimes(answer)) : told}\n`);
  return 0;
}

function describe({ paused, untilAt, handedOver, tookMs }: OwnerAnswer, isLate: boolean, now: number): string {
  if (paused === null) return 'The home takes work again.';
  if (paused !== 'owner') return `The home takes no work: ${tellState(paused)}`;
  const until = untilAt === null ? 'until irori-node resume' : `until ${tellWhen(untilAt, now)}`;
  if (isLate) return `Paused ${until}: nothing new comes, and what runs may end.`;
  const jobs = handedOver === 1 ? '1 job was' : `${handedOver} jobs were`;
  return `Paused ${until}. ${jobs} handed over; the machine was yours after ${Math.round(tookMs)} ms.`;
}

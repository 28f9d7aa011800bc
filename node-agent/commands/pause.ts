// `irori-node pause` and `irori-node resume`: the owner takes the machine back, and lends it again.
import { readStateFolder } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import { askAgent } from '../home/owner-line.ts';
import type { OwnerAnswer, OwnerAsk } from '../home/owner-line.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { complain } from './complain.ts';
import { describeUnanswered } from './unanswered.ts';
import { parseDuration } from './parse-duration.ts';

/** Exit status 0 when the agent paused, 1 when none runs, 2 when `--for` is no length of time. */
export async function runPause(flags: OptionValues, env: Environment): Promise<number> {
  const given = flags.for;
  const forMs = typeof given === 'string' ? parseDuration(given) : null;
  if (forMs?.ok === false) return complain(`--for: ${forMs.error}`, 2);
  return tell({ do: 'pause', forMs: forMs?.value ?? null }, flags, env);
}

/** Exit status 0 when the agent was told, 1 when none runs. */
export async function runResume(flags: OptionValues, env: Environment): Promise<number> {
  return tell({ do: 'resume' }, flags, env);
}

async function tell(ask: OwnerAsk<'pause' | 'resume'>, flags: OptionValues, env: Environment): Promise<number> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return complain(folder.error, 2);
  const asked = await askAgent(folder.value, ask);
  if (asked.kind !== 'answered') return complain(await describeUnanswered(asked.kind, folder.value), 1);
  const { answer } = asked;
  process.stdout.write(flags.json === true ? `${JSON.stringify(answer)}\n` : `${describe(answer)}\n`);
  return 0;
}

function describe({ paused, untilAt, handedOver, tookMs }: OwnerAnswer): string {
  if (paused === null) return 'The home takes work again.';
  if (paused !== 'owner') return `The home takes no work: ${paused}.`;
  const until = untilAt === null ? 'until irori-node resume' : `until ${new Date(untilAt).toLocaleString()}`;
  const jobs = handedOver === 1 ? '1 job was' : `${handedOver} jobs were`;
  return `Paused ${until}. ${jobs} handed over; the machine was yours after ${Math.round(tookMs)} ms.`;
}

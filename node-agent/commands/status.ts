// `irori-node status`: what the agent of a state folder does, as it answers now; of one that does not answer, as it last wrote.
import { join } from 'node:path';
import { readStateFolder } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { IdentityFile } from '../home/identity-file.ts';
import { askAgent } from '../home/owner-line.ts';
import { parseStatus, readStatus } from '../home/status-file.ts';
import type { AgentStatus } from '../home/status-file.ts';
import { readJournal } from '../receipts/earned-journal.ts';
import { findMidnight } from '../tell-time.ts';
import { VersionStore } from '../update/version-store.ts';
import { complain } from './complain.ts';
import { formatStatus } from './tell-status.ts';
import type { StatusFacts, Today } from './tell-status.ts';
import { toIsoTimes } from './to-iso-times.ts';

/** Prints the status; exit status 0 when an agent runs and answers, 1 when none does. */
export async function runStatus(flags: OptionValues, env: Environment): Promise<number> {
  const state = readStateFolder(flags, env);
  if (!state.ok) return complain(state.error, 2);
  const folder = state.value;
  const { status, run } = await learnStatus(folder);
  const now = Date.now();
  const today = countToday(folder, now);
  const versions = new VersionStore(folder).read();
  const hasLeft = run === 'stopped' && status?.node != null && (await IdentityFile.hasForgotten(folder, status.router));
  const told = {
    running: run === 'running',
    hasLeft,
    run,
    state: folder,
    status,
    today: { ...today, micro: String(today.micro) },
  };
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify(toIsoTimes(told))}\n`
      : status === null
        ? `No agent has run with the state folder ${folder}.\n`
        : formatStatus({ status, run, hasLeft, today, versions, now }),
  );
  return run === 'running' ? 0 : 1;
}

/** What a running agent says of itself, else what it last wrote. An agent of another version is read from its file. */
export async function learnStatus(
  folder: string,
): Promise<{ readonly status: AgentStatus | null; readonly run: StatusFacts['run'] }> {
  const asked = await askAgent(folder, { do: 'status' });
  const live = asked.kind === 'answered' ? parseStatus(asked.answer) : null;
  const status = live ?? (await readStatus(folder));
  if (asked.kind === 'none') return { status, run: 'stopped' };
  return { status, run: asked.kind === 'silent' ? 'silent' : 'running' };
}

/** By this home's own record of what the router answered; the file is in days of UTC, the owner's day is the local one. */
function countToday(folder: string, now: number): Today {
  const midnight = findMidnight(now);
  const entries = readJournal(join(folder, 'earned'), { days: 2, now }).filter(({ at }) => at >= midnight);
  const counted = entries.map(({ accepted, signed }) => accepted ?? { ...signed, amount: '0' });
  return {
    jobs: new Set(entries.map(({ job }) => job)).size,
    tokens: counted.reduce((sum, one) => sum + one.promptTokens + one.outputTokens, 0),
    micro: counted.reduce((sum, one) => sum + BigInt(one.amount), 0n),
  };
}

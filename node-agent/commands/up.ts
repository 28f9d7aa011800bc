// `irori-node up`: starts the agent and stands between it and the operating system's signals.
import { setTimeout as sleep } from 'node:timers/promises';
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { Agent } from '../agent/agent.ts';
import { readConfig } from '../config/config.ts';
import type { AgentConfig, Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { isFolderHeld } from '../home/instance-lock.ts';
import { LogFile } from '../home/log-file.ts';
import { askAgent } from '../home/owner-line.ts';
import { parseStatus } from '../home/status-file.ts';
import type { LinkEnd } from '../link/connection.ts';
import { makeLog } from '../log.ts';
import { chooseCurve } from '../receipts/curve-choice.ts';
import { VersionStore } from '../update/version-store.ts';
import { complain } from './complain.ts';
import { gatherLines } from './gathered-lines.ts';
import type { GatheredLines } from './gathered-lines.ts';
import { openLogOut } from './log-out.ts';
import { logWarnings } from './node-warnings.ts';
import { startAnew } from './restarted-program.ts';
import { formatCredits } from './tell-status.ts';

/** An agent that was told to stop lets its jobs finish; so long another start waits for it. */
const LEAVING_MS = 45_000;
const LOOK_MS = 200;

/** Runs until stopped. Resolves with the exit status: 0 stopped, 2 the owner has to change something. */
export async function runUp(flags: OptionValues, env: Environment): Promise<number> {
  const config = readConfig(flags, env);
  if (!config.ok) return complain(config.error, 2);
  const opened = await openUp(config.value, openLogOut(process.stderr));
  if (!opened.ok) {
    // One that works already is no start of this version that came to nothing.
    if (await isFolderHeld(config.value.state)) await new VersionStore(config.value.state).markGood();
    return complain(opened.error, 2);
  }
  const { agent, lines } = opened.value;
  obeySignals(agent);
  const end = await agent.run();
  lines.flush();
  return endUp(agent, end);
}

/** An agent that does not run yet, and its log. The error is a sentence for the owner; what the log had to say is written by then. */
export async function openUp(
  config: AgentConfig,
  write: (text: string) => void,
): Promise<Result<{ readonly agent: Agent; readonly lines: GatheredLines }, string>> {
  const file = new LogFile(config.state);
  const lines = gatherLines((text) => {
    write(text);
    file.add(text);
  });
  // Behind the lines' own: what they still held is in the file by then.
  process.on('exit', () => file.flush());
  const log = makeLog({ json: config.jsonLogs, write: lines.add, now: Date.now });
  logWarnings(log);
  chooseCurve(log);
  await waitForLeaving(config.state, () => log.info('the agent before this one finishes its jobs: waiting for it'));
  const agent = await Agent.open(config, log);
  if (agent.ok) return ok({ agent: agent.value, lines });
  lines.flush();
  return agent;
}

/** One that works is not waited for: two of a folder are the owner's mistake. */
async function waitForLeaving(folder: string, tell: () => void): Promise<void> {
  for (const until = Date.now() + LEAVING_MS; Date.now() < until; await sleep(LOOK_MS)) {
    const asked = await askAgent(folder, { do: 'status' });
    const isLeaving = asked.kind === 'answered' && parseStatus(asked.answer)?.paused === 'draining';
    if (!isLeaving) return;
    tell();
    tell = () => undefined;
  }
}

/** The exit status of an agent that has ended; starts anew where an update waits for that. */
export async function endUp(agent: Agent, end: LinkEnd): Promise<number> {
  if (end.kind !== 'stopped') return complain(end.sentence, 2);
  return agent.wantsRestart ? startAnew() : 0;
}

/** The first signal lets jobs finish for a while, the second hands them over, the third ends the process where it stands. */
export function obeySignals(agent: Agent): void {
  const before = BigInt(agent.status().earnedMicro);
  let signals = 0;
  const hear = (): void => {
    signals += 1;
    if (signals === 1) void stopInWords(agent, before);
    else if (signals === 2) void agent.stopNow().finally(() => process.exit(130));
    else process.exit(130);
  };
  process.on('SIGTERM', hear);
  process.on('SIGINT', hear);
  // The terminal or the connection to this machine is gone.
  process.on('SIGHUP', hear);
}

async function stopInWords(agent: Agent, earnedBefore: bigint): Promise<void> {
  const say = (text: string): void => void (process.stderr.isTTY && process.stderr.write(`${text}\n`));
  const { running } = agent.status();
  if (running > 0)
    say(
      `Finishing ${running === 1 ? 'the job that runs' : `the ${running} jobs that run`}. Press Ctrl-C again to hand over now.`,
    );
  await agent.stop();
  const { done, earnedMicro } = agent.status();
  say(
    `Earned ${formatCredits(BigInt(earnedMicro) - earnedBefore)} credits in this run, with ${done} ${done === 1 ? 'job' : 'jobs'} done.`,
  );
}

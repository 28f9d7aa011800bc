// `irori-node up`: starts the agent and stands between it and the operating system's signals.
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { Agent } from '../agent/agent.ts';
import { readConfig } from '../config/config.ts';
import type { AgentConfig, Environment } from '../config/config.ts';
import { makeLog } from '../log.ts';
import { chooseCurve } from '../receipts/curve-choice.ts';
import { complain } from './complain.ts';
import { gatherLines } from './gathered-lines.ts';
import type { GatheredLines } from './gathered-lines.ts';
import type { OptionValues } from '../config/parse-flags.ts';

/** Runs until stopped. Resolves with the exit status: 0 stopped, 2 the owner has to change something. */
export async function runUp(flags: OptionValues, env: Environment): Promise<number> {
  const config = readConfig(flags, env);
  if (!config.ok) return complain(config.error, 2);
  const opened = await openUp(config.value, (text) => void process.stderr.write(text));
  if (!opened.ok) return complain(opened.error, 2);
  const { agent, lines } = opened.value;
  obeySignals(agent);
  const end = await agent.run();
  lines.flush();
  return end.kind === 'stopped' ? 0 : complain(end.sentence, 2);
}

/** An agent that does not run yet, and its log. The error is a sentence for the owner; what the log had to say is written by then. */
export async function openUp(
  config: AgentConfig,
  write: (text: string) => void,
): Promise<Result<{ readonly agent: Agent; readonly lines: GatheredLines }, string>> {
  const lines = gatherLines(write);
  const log = makeLog({ json: config.jsonLogs, write: lines.add, now: Date.now });
  chooseCurve(log);
  const agent = await Agent.open(config, log);
  if (agent.ok) return ok({ agent: agent.value, lines });
  lines.flush();
  return agent;
}

/** The first signal lets jobs finish for a while, the second hands them over, the third ends the process where it stands. */
export function obeySignals(agent: Agent): void {
  let signals = 0;
  const hear = (): void => {
    signals += 1;
    if (signals === 1) void agent.stop();
    else if (signals === 2) void agent.stopNow().finally(() => process.exit(130));
    else process.exit(130);
  };
  process.on('SIGTERM', hear);
  process.on('SIGINT', hear);
  // The terminal or the connection to this machine is gone.
  process.on('SIGHUP', hear);
}

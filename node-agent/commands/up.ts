// `irori-node up`: starts the agent and stands between it and the operating system's signals.
import { Agent } from '../agent/agent.ts';
import { readConfig } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import { makeLog } from '../log.ts';
import { chooseCurve } from '../receipts/curve-choice.ts';
import { complain } from './complain.ts';
import { gatherLines } from './gathered-lines.ts';
import type { OptionValues } from '../config/parse-flags.ts';

/** Runs until stopped. Resolves with the exit status: 0 stopped, 2 the owner has to change something. */
export async function runUp(flags: OptionValues, env: Environment): Promise<number> {
  const config = readConfig(flags, env);
  if (!config.ok) return complain(config.error, 2);
  const lines = gatherLines((text) => void process.stderr.write(text));
  const log = makeLog({ json: config.value.jsonLogs, write: lines.add, now: Date.now });
  chooseCurve(log);
  const agent = await Agent.open(config.value, log);
  if (!agent.ok) {
    lines.flush();
    return complain(agent.error, 2);
  }
  obeySignals(agent.value);
  const end = await agent.value.run();
  lines.flush();
  return end.kind === 'stopped' ? 0 : complain(end.sentence, 2);
}

/** The first signal lets jobs finish for a while, the second hands them over, the third ends the process where it stands. */
function obeySignals(agent: Agent): void {
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

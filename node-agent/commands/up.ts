// `irori-node up`: starts the agent and stands between it and the operating system's signals.
import { Agent } from '../agent.ts';
import { readConfig } from '../config.ts';
import type { Environment } from '../config.ts';
import { makeLog } from '../log.ts';
import type { OptionValues } from '../parse-flags.ts';

/** Runs until stopped. Resolves with the exit status: 0 stopped, 2 the owner has to change something. */
export async function runUp(flags: OptionValues, env: Environment): Promise<number> {
  const config = readConfig(flags, env);
  if (!config.ok) return complain(config.error);
  const log = makeLog({ json: config.value.jsonLogs, write: (line) => void process.stderr.write(line), now: Date.now });
  const agent = await Agent.open(config.value, log);
  if (!agent.ok) return complain(agent.error);
  obeySignals(() => agent.value.stop());
  const end = await agent.value.run();
  return end.kind === 'stopped' ? 0 : complain(end.sentence);
}

/** The first signal drains, the second ends at once. */
function obeySignals(stop: () => Promise<void>): void {
  let isStopping = false;
  const hear = (): void => {
    if (isStopping) process.exit(130);
    isStopping = true;
    void stop();
  };
  process.on('SIGTERM', hear);
  process.on('SIGINT', hear);
}

function complain(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 2;
}

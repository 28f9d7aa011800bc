// The agent that joining starts in its own process. Its log waits while the owner is asked things, and is written once the terminal is free.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Agent } from '../agent/agent.ts';
import { readConfig } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { GO_ON } from '../join/wizard-doors.ts';
import type { RunningAgent } from '../join/wizard-doors.ts';
import { endUp, obeySignals, openUp } from './up.ts';

/** Characters of the log that are kept while nobody may write. */
const KEPT_CHARS = 64 * 1024;

export interface AgentRunner {
  readonly start: (code: string | null) => Promise<Result<RunningAgent, string>>;
  /** Stays until the agent ends, its log written from now on; gives the exit status. */
  readonly stay: (write: (text: string) => void) => Promise<number>;
}

export function openRunner(context: {
  readonly flags: OptionValues;
  readonly env: Environment;
  readonly folder: string;
}): AgentRunner {
  let kept = '';
  let write = (text: string): void => {
    kept = (kept + text).slice(-KEPT_CHARS);
  };
  let end: Promise<number> = Promise.resolve(0);
  let obey = (): void => undefined;
  const early = makeEarlyEnd();
  const start = async (code: string | null): Promise<Result<RunningAgent, string>> => {
    const { code: _given, ...flags } = context.flags;
    // Read anew: what was chosen stands in config.json now.
    const config = readConfig({ ...flags, state: context.folder, ...(code === null ? {} : { code }) }, context.env);
    if (!config.ok) return config;
    const opened = await openUp(config.value, (text) => write(text));
    if (!opened.ok) return err(opened.error);
    const { agent, lines } = opened.value;
    obey = () => obeySignals(agent);
    early.hear(agent);
    const run = agent.run().finally(lines.flush);
    end = run.then((last) => endUp(agent, last));
    const ended = run.then((last) => (last.kind === 'stopped' ? null : last.sentence));
    const stop = async (): Promise<void> => {
      await agent.stop();
      await run;
      early.deafen();
    };
    return ok({ ended, stop });
  };
  const stay = (to: (text: string) => void): Promise<number> => {
    to(kept);
    kept = '';
    write = to;
    obey();
    early.deafen();
    return end;
  };
  return { start, stay };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal while joining is under way: the agent that works already leaves in order, at the second one at once. */
function makeEarlyEnd(): { readonly hear: (agent: Agent) => void; readonly deafen: () => void } {
  let agent: Agent | null = null;
  let isHeard = false;
  const end = (): void => {
    if (isHeard) process.exit(130);
    isHeard = true;
    process.stderr.write(`\n${GO_ON}\n`);
    void agent?.stop().finally(() => process.exit(130));
  };
  const deafen = (): void => {
    for (const signal of SIGNALS) process.off(signal, end);
  };
  return {
    hear: (started) => {
      deafen();
      for (const signal of SIGNALS) process.on(signal, end);
      agent = started;
    },
    deafen,
  };
}

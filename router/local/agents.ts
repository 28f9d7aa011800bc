// The homes of a local network: each its own `irori-node up` process, watched, started again if it dies, ended with the network.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { killNow } from './child-processes.ts';

const MAX_RESTARTS = 3;
/** An agent that lived this long starts counting its restarts anew. */
const STEADY_MS = 60_000;
const TIMING = { restartMs: 500, drainMs: 3_000 };
const LAST_LINES = 20;

/** One home to start. */
export interface AgentPlan {
  /** For people: `home 1 (Paris)`. */
  readonly name: string;
  /** The agent's entry file. */
  readonly script: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Pause before the first restart (doubled each time), and how long a home may drain. */
  readonly timing?: { readonly restartMs: number; readonly drainMs: number };
}

/** What the watcher tells. */
export interface AgentEvents {
  /** A line the agent wrote, for --verbose. */
  readonly onLine: (name: string, line: string) => void;
  /** It died: with what, its last words, and whether it is started again. */
  readonly onDeath: (
    name: string,
    death: { readonly reason: string; readonly lastLines: readonly string[]; readonly isRestarted: boolean },
  ) => void;
  /** Process ids changed. */
  readonly onChange: () => void;
}

/** A watched home. */
export interface WatchedAgent {
  readonly name: string;
  /** Its process, or null while it is down. */
  pid(): number | null;
  /** False once it died too often. */
  isWanted(): boolean;
  /** Stops it in order and starts it anew, as often as wanted. */
  restart(): Promise<void>;
  /** SIGTERM, and SIGKILL to what has not drained in time. */
  stop(): Promise<void>;
}

/** Starts a home and watches it. */
export function startAgent(plan: AgentPlan, events: AgentEvents): WatchedAgent {
  const watch: Watch = { plan, events, child: null, restarts: 0, isStopping: false, hasGivenUp: false, timer: null };
  launch(watch);
  return {
    name: plan.name,
    pid: () => watch.child?.pid ?? null,
    isWanted: () => !watch.isStopping && !watch.hasGivenUp,
    restart: async () => restartAgent(watch),
    stop: async () => stopAgent(watch),
  };
}

interface Watch {
  readonly plan: AgentPlan;
  readonly events: AgentEvents;
  child: ChildProcess | null;
  restarts: number;
  isStopping: boolean;
  hasGivenUp: boolean;
  timer: NodeJS.Timeout | null;
}

function launch(watch: Watch): void {
  const startedAt = Date.now();
  const lastLines: string[] = [];
  // Its own process group: Ctrl-C in a terminal reaches every process of the group, and homes are to drain in order instead.
  const child = spawn(process.execPath, [watch.plan.script, ...watch.plan.args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...watch.plan.environment },
  });
  watch.child = child;
  const onText = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > LAST_LINES) lastLines.shift();
    watch.events.onLine(watch.plan.name, line);
  };
  for (const stream of [child.stdout, child.stderr]) readLines(stream, onText);
  child.once('error', (cause) => onText(cause.message));
  child.once('close', (code, signal) => {
    watch.child = null;
    if (Date.now() - startedAt > STEADY_MS) watch.restarts = 0;
    if (!watch.isStopping) afterDeath(watch, { reason: signal ?? `status ${code}`, lastLines });
  });
  watch.events.onChange();
}

function afterDeath(watch: Watch, death: { reason: string; lastLines: readonly string[] }): void {
  const isRestarted = watch.restarts < MAX_RESTARTS;
  watch.hasGivenUp = !isRestarted;
  watch.events.onDeath(watch.plan.name, { ...death, isRestarted });
  watch.events.onChange();
  if (!isRestarted) return;
  watch.timer = setTimeout(() => launch(watch), (watch.plan.timing ?? TIMING).restartMs * 2 ** watch.restarts);
  watch.restarts += 1;
}

async function stopAgent(watch: Watch): Promise<void> {
  watch.isStopping = true;
  if (watch.timer) clearTimeout(watch.timer);
  const { child } = watch;
  if (!child || child.pid === undefined) return;
  const { pid } = child;
  const gone = new Promise<void>((resolveGone) => child.once('close', () => resolveGone()));
  child.kill('SIGTERM');
  const lastResort = setTimeout(() => killNow([pid]), (watch.plan.timing ?? TIMING).drainMs);
  await gone;
  clearTimeout(lastResort);
}

async function restartAgent(watch: Watch): Promise<void> {
  await stopAgent(watch);
  Object.assign(watch, { restarts: 0, isStopping: false, hasGivenUp: false });
  launch(watch);
}

function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
  });
  stream?.on('end', () => {
    if (rest.trim() !== '') onLine(rest);
  });
}

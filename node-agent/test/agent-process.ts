// A real agent process for tests: `node node-agent/main.ts up …` with its own state folder.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AGENT_MAIN } from './agent-main.ts';

export interface AgentProcess {
  readonly child: ChildProcess;
  /** Everything it wrote so far. */
  readonly output: () => string;
  /** Resolves with the exit status, or the signal's name. */
  readonly ended: Promise<number | string>;
  waitForOutput(pattern: RegExp, limitMs?: number): Promise<void>;
}

export function makeStateFolder(): string {
  return mkdtempSync(join(tmpdir(), 'irori-agent-'));
}

export function dropStateFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** `env`: variables beside those of the tests. */
export function startAgent(args: readonly string[], env: Readonly<Record<string, string>> = {}): AgentProcess {
  const child = spawn(process.execPath, [AGENT_MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // What the machine does that the tests run on is nobody's business: a test that wants signals plays them.
    env: { IRORI_SIGNALS: 'none', ...process.env, ...env },
  });
  let text = '';
  const hear = (part: Buffer): void => void (text += part.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<number | string>((done) =>
    child.once('close', (code, signal) => done(code ?? signal ?? '')),
  );
  const waitForOutput = async (pattern: RegExp, limitMs = 90_000): Promise<void> => {
    for (const until = Date.now() + limitMs; !pattern.test(text);) {
      if (Date.now() > until) throw new Error(`no ${String(pattern)} in:\n${text}`);
      await sleep(20);
    }
  };
  return { child, output: () => text, ended, waitForOutput };
}

/** Kills and waits; for the end of a test. */
export async function killAgent(agent: AgentProcess | undefined): Promise<void> {
  if (!agent) return;
  agent.child.kill('SIGKILL');
  await agent.ended;
}

// This program's own commands, run as a process of their own: what they need of memory goes with them, and the page says what the terminal says.
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

const LIMIT_MS = 120_000;
const OUTPUT_BYTES = 256 * 1024;
/** What is told of an error. */
const TOLD_CHARS = 600;

interface OwnCommand {
  readonly words: readonly string[];
  /** Variables beside those of the agent. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Ran {
  readonly exit: number;
  readonly output: string;
}

/** What it printed, whatever its exit status; the error is a sentence of its own where it printed nothing. */
export async function runOwn({ words, env = {} }: OwnCommand): Promise<Result<Ran, string>> {
  const [program = '', ...script] = findProgram();
  const options = {
    timeout: LIMIT_MS,
    maxBuffer: OUTPUT_BYTES,
    windowsHide: true,
    // A command is no second agent: it must not look for a browser to debug, nor for a terminal.
    env: { ...process.env, ...env, NO_COLOR: '1' },
  };
  return new Promise((resolve) => {
    execFile(program, [...script, ...words], options, (error, output, complaint) => {
      const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      const told = complaint.trim().slice(0, TOLD_CHARS);
      if (exit === null) resolve(err(told === '' ? `irori-node ${words[0] ?? ''} could not be run.` : told));
      else resolve(output.trim() === '' && exit !== 0 ? err(told) : ok({ exit, output }));
    });
  });
}

/** The same for one that answers with JSON. */
export async function askOwn(command: OwnCommand): Promise<Result<unknown, string>> {
  const ran = await runOwn(command);
  if (!ran.ok) return ran;
  const value = parseJson(ran.value.output);
  return value === undefined ? err(ran.value.output.trim().slice(0, TOLD_CHARS)) : ok(value);
}

/** As it was started: Node and the launcher, or the single file. */
function findProgram(): string[] {
  const [, script = ''] = process.argv;
  try {
    return [process.execPath, realpathSync(script)];
  } catch {
    // A single executable has no script.
    return [process.execPath];
  }
}

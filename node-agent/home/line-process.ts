// A program of the system that runs long and writes lines. The one door to such children; what they write is a stranger's, so lines are bounded.
import { execFile, spawn } from 'node:child_process';

/** How long a program may take that is asked once, and what it may say. */
const ASK_MS = 5_000;
const MOST_BYTES = 4 << 20;

export interface LineProcess {
  /** Ends it; nothing is heard of it afterwards. */
  kill(): void;
}

export interface LineHearers {
  readonly onLine: (line: string) => void;
  /** Once, when it has ended or could not begin. `isAbsent`: there is no such program. `output`: the last of what it wrote, errors too. */
  readonly onEnd: (end: { readonly isAbsent: boolean; readonly output: string }) => void;
}

const LINE_CHARS = 4096;
const OUTPUT_CHARS = 2048;

export function startLineProcess(program: string, args: readonly string[], hearers: LineHearers): LineProcess {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  let isHeard = true;
  let rest = '';
  let output = '';
  const end = (isAbsent: boolean): void => {
    if (isHeard) hearers.onEnd({ isAbsent, output });
    isHeard = false;
  };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    const lines = (rest + part).split(/\r?\n/);
    // What never ends a line is no line.
    rest = (lines.pop() ?? '').slice(-LINE_CHARS);
    output = (output + part).slice(-OUTPUT_CHARS);
    for (const line of lines) if (isHeard && line !== '') hearers.onLine(line);
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    output = (output + part).slice(-OUTPUT_CHARS);
  });
  child.once('error', (error) => end('code' in error && error.code === 'ENOENT'));
  child.once('close', () => end(false));
  return {
    kill: () => {
      isHeard = false;
      // One that hangs may not hear a polite word, and none of them has anything to lose.
      child.kill('SIGKILL');
    },
  };
}

/** What a program prints, once; '' where it is not there, fails, or takes longer than `limitMs`. Never rejects. */
export function askProgram(program: string, args: readonly string[], limitMs = ASK_MS): Promise<string> {
  return new Promise((resolve) => {
    const options = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES, windowsHide: true } as const;
    execFile(program, [...args], options, (error, stdout) => resolve(error ? '' : stdout));
  });
}

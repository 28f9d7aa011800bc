// Runs a small program of the system and reads what it says. The one door for questions that only another program can answer.
import { execFile } from 'node:child_process';

const LIMIT_MS = 5_000;
const MOST_BYTES = 4 << 20;

/** What it wrote, or null where it is not there, failed, said too much or took too long. Never rejects. */
export function askProgram(program: string, args: readonly string[], limitMs = LIMIT_MS): Promise<string | null> {
  return new Promise((resolve) => {
    try {
      execFile(
        program,
        args,
        { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES, windowsHide: true, encoding: 'utf8' },
        (error, stdout) => resolve(error ? null : stdout),
      );
    } catch {
      // A name or an argument that no system takes.
      resolve(null);
    }
  });
}

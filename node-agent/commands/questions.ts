// Questions of commands to whoever sits at the terminal. Nobody there: nothing is assumed.
import { createInterface } from 'node:readline/promises';

/** Null where nobody can answer. */
export async function ask(question: string): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  // On the error stream: what a command tells may go into a file.
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${question} `)).trim();
  } finally {
    terminal.close();
  }
}

/** `yes` or `y`; null where nobody can answer. */
export async function confirm(question: string): Promise<boolean | null> {
  const said = await ask(`${question} (y/N)`);
  return said === null ? null : /^y(es)?$/i.test(said);
}

// How a command tells its owner what went wrong.
import { tellLines } from './tell-lines.ts';

/** Writes a sentence to the error stream and gives the exit status: 1 it could not be done, 2 the owner has to change something. */
export function complain(sentence: string, status: 1 | 2): number {
  process.stderr.write(tellLines(sentence.split('\n')));
  return status;
}

// An owner's command as a program and its arguments, without a shell: nothing in it is expanded, chained or redirected. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** Words part at blanks; single and double quotes hold blanks together; a backslash stands for itself (paths of Windows). The error is a sentence. */
export function parseCommandLine(text: string): Result<readonly [program: string, ...args: string[]], string> {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (const char of text) {
    if (quote !== null) {
      if (char === quote) quote = null;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (quote !== null) return err(`a quote (${quote}) is opened and not closed.`);
  if (word !== null) words.push(word);
  const [program, ...args] = words;
  return program === undefined || program === '' ? err('it names no program.') : ok([program, ...args]);
}

// Several lines that each fit the terminal and keep their indent. Pure.
import { tellIndented } from '../fit-text.ts';

/** `width` in columns; where a line is broken, its rest stands under its beginning. */
export function fitLines(text: string, width: number): string[] {
  return text
    .split('\n')
    .flatMap((line) => tellIndented(line.trimStart(), line.length - line.trimStart().length, width));
}

// Where the log of a command goes: as it is into files and pipes, one line an event; folded at the terminal's usual width where a person reads it.
import { foldLog } from './tell-lines.ts';

/** Lines of JSON stay whole, for programs. */
export function openLogOut(
  out: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean },
): (text: string) => void {
  return (text) => void out.write(out.isTTY === true ? foldLog(text) : text);
}

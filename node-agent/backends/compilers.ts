// V8's compilers of JavaScript, which a home at rest does without: the pages of them that a start brings into memory stay there, 9 MB, for a program that
// waits most of the day. Without them a streamed answer of a hundred tokens takes some 3 ms of processor time more. The one door to these flags.
import { setFlagsFromString } from 'node:v8';

const JAVASCRIPT = ['opt', 'maglev', 'sparkplug'];
/** WebAssembly's first compiler stays; the second one is called for after so much. Other Nodes need not know these flags, and say so on each start. */
const LATER = ['--wasm-tiering-budget=2000000000', '--wasm-wrapper-tiering-budget=2000000000'];
const KNOWN_BY = 24;

/** For this process from now on; what was compiled stays so. */
export function leaveCompilersOff(): void {
  for (const name of JAVASCRIPT) setFlagsFromString(`--no-${name}`);
  if (Number(process.versions.node.split('.', 1)[0]) === KNOWN_BY) for (const flag of LATER) setFlagsFromString(flag);
}

/** For whoever computes in JavaScript itself, such as the choice of a token among a hundred thousand. Of all threads of the process. */
export function useCompilers(): void {
  for (const name of JAVASCRIPT) setFlagsFromString(`--${name}`);
}

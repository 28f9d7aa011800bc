// What Node warns of (a leak of listeners, an old way of calling) goes into the agent's log: Node itself writes it beside the log, in lines of its own
// that a program which reads JSON cannot. The one door to the process's warnings.
import type { Log } from '../log.ts';

/** More before there is a log are not kept. */
const MOST_HELD = 16;
const MOST_CHARS = 500;

const held: Error[] = [];
let tell = (warning: Error): void => {
  if (held.length < MOST_HELD) held.push(warning);
};

/** From now on Node prints no warning; what comes before there is a log waits for it. */
export function holdWarnings(): void {
  // The listener that prints them is Node's own, and the only one by now.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => tell(warning));
}

/** Writes what was held, and each further one, as a line of the log. */
export function logWarnings(log: Log): void {
  tell = (warning) => {
    const { name, message } = warning;
    const code = 'code' in warning && typeof warning.code === 'string' ? warning.code : undefined;
    log.warn('Node warns', { name, code, message: message.slice(0, MOST_CHARS) });
  };
  for (const warning of held.splice(0)) tell(warning);
}

// A log for commands that tell what they find in their own words.
import type { Log } from '../log.ts';

const nothing = (): void => undefined;

export const SILENT_LOG: Log = { info: nothing, warn: nothing, error: nothing };

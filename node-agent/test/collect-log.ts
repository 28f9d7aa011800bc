// A log for tests that keeps its lines.
import { makeLog } from '../log.ts';
import type { Log } from '../log.ts';

export function collectLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: makeLog({ json: false, write: (line) => void lines.push(line), now: Date.now }), lines };
}

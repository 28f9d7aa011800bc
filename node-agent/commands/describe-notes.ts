// Lines for a terminal on models that strangers do not call, and on servers that share nothing now. Pure.
import type { AgentStatus } from '../home/status-file.ts';

/** Models of more are told with `--json`. */
const MOST_LINES = 6;

/** Whose calls do not come: nothing where everyone's do, or nothing is known. */
export function describeModelNotes({ modelNotes }: Pick<AgentStatus, 'modelNotes'>): string[] {
  const own = Object.entries(modelNotes).filter(([, note]) => note.servedTo !== 'everyone');
  const lines = own.slice(0, MOST_LINES).map(([name, note]) => `own calls  ${name}: ${note.told}`);
  return own.length > MOST_LINES ? [...lines, `own calls  … ${own.length - MOST_LINES} more: see --json`] : lines;
}

/** What is wrong with each server that shares nothing. */
export function describeServerNotes({ serverNotes }: Pick<AgentStatus, 'serverNotes'>): string[] {
  return serverNotes.map((note) => `server     ${note}`);
}

// `irori-node logs`: what the agent logged, from the two files that it keeps; with --follow what comes.
import { openSync, closeSync, fstatSync, readFileSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStateFolder } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { findLogFiles } from '../home/log-file.ts';
import { chooseLogLines } from './choose-log-lines.ts';
import { complain } from './complain.ts';
import { findTimeOfDay } from './find-time-of-day.ts';
import { openLogOut } from './log-out.ts';
import { parseDuration } from './parse-duration.ts';

const LOOK_MS = 300;

/** Exit status 0, 1 where nothing was logged, 2 when `--since` is no time. */
export async function runLogs(flags: OptionValues, env: Environment): Promise<number> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return complain(folder.error, 2);
  const sinceAt = readSince(flags.since, Date.now());
  if (sinceAt === null) return complain(`--since must be a length of time or a time of day: 1h, 30m, 07:00.`, 2);
  const { newer, older } = findLogFiles(folder.value);
  const [before, last] = [readText(older), readText(newer)];
  const text = `${before}${last}`;
  if (text === '' && flags.follow !== true)
    return complain(`Nothing is logged in ${folder.value}. Start the agent with irori-node up.`, 1);
  const lines = chooseLogLines(text.split('\n').slice(0, -1), sinceAt);
  const write = openLogOut(process.stdout);
  write(lines.map((line) => `${line}\n`).join(''));
  if (flags.follow === true) await follow(newer, Buffer.byteLength(last), write);
  return 0;
}

function readSince(given: unknown, now: number): number | null {
  if (typeof given !== 'string') return 0;
  const length = parseDuration(given);
  return length.ok ? now - length.value : findTimeOfDay(given, now, 'last');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there yet, or turned over this moment.
    return '';
  }
}

/** Until the process is ended. A file that became shorter was turned over: it is read from its start. */
async function follow(path: string, from: number, write: (text: string) => void): Promise<never> {
  let at = from;
  for (;;) {
    const { text, end } = readFrom(path, at);
    write(text);
    at = end;
    await sleep(LOOK_MS);
  }
}

function readFrom(path: string, from: number): { readonly text: string; readonly end: number } {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const start = size < from ? 0 : from;
      const bytes = Buffer.alloc(size - start);
      const read = readSync(file, bytes, 0, bytes.length, start);
      return { text: bytes.toString('utf8', 0, read), end: start + read };
    } finally {
      closeSync(file);
    }
  } catch {
    return { text: '', end: from };
  }
}

// The agent's log: one line for each event, for people, or as JSON for programs. Never a prompt, an answer, a key or a token.
import { tellStamp } from './tell-time.ts';

type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  /** What happens on a good day too. */
  readonly info: (event: string, fields?: LogFields) => void;
  /** Something failed and was worked around, or will be tried again. */
  readonly warn: (event: string, fields?: LogFields) => void;
  /** A bug, or something that only the owner can mend. */
  readonly error: (event: string, fields?: LogFields) => void;
}

type Level = keyof Log;

/** Writes through `write`, one complete line a call; `now` gives ms since epoch. */
export function makeLog(options: { json: boolean; write: (line: string) => void; now: () => number }): Log {
  const log = (level: Level, event: string, fields: LogFields = {}): void => {
    const at = options.now();
    options.write(
      options.json
        ? formatJson(new Date(at).toISOString(), level, event, fields)
        : formatText(tellStamp(at), level, event, fields),
    );
  };
  return {
    info: (event, fields) => log('info', event, fields),
    warn: (event, fields) => log('warn', event, fields),
    error: (event, fields) => log('error', event, fields),
  };
}

/**
 * What the log may say of something thrown. An error of the system names a file or a call. Any other may quote what was parsed or sent, even a
 * prompt, so the log says only of what kind it was and where.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  if ('syscall' in error && 'code' in error) return error.message;
  const { name, message, stack = '' } = error;
  const calls = stack.replace(message, '');
  const place = /^\s+at (.+)$/m.exec(calls)?.[1] ?? 'an unknown place';
  return `${name} at ${place.slice(0, 200)}`;
}

function formatJson(time: string, level: Level, event: string, fields: LogFields): string {
  return `${JSON.stringify({ time, level, event, ...fields })}\n`;
}

function formatText(time: string, level: Level, event: string, fields: LogFields): string {
  let line = `${time} ${level === 'info' ? '' : `${level}: `}${oneLine(event)}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${name}=${oneLine(String(value))}`;
  }
  return `${line}\n`;
}

/** What strangers wrote (a router's message, a server's version) must not forge a line or move a terminal's cursor. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 500);
}

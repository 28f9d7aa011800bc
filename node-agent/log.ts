// One line a happening, to stderr: for people, or as JSON for programs. Never prompts, answers, keys or tokens.

type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
}

type Level = keyof Log;

/** Writes through `write`, one complete line a call; `now` gives ms since epoch. */
export function makeLog(options: { json: boolean; write: (line: string) => void; now: () => number }): Log {
  const log = (level: Level, message: string, fields: LogFields = {}): void => {
    const at = new Date(options.now()).toISOString();
    options.write(options.json ? formatJson(at, level, message, fields) : formatText(at, level, message, fields));
  };
  return {
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
  };
}

function formatJson(at: string, level: Level, message: string, fields: LogFields): string {
  return `${JSON.stringify({ at, level, message, ...fields })}\n`;
}

function formatText(at: string, level: Level, message: string, fields: LogFields): string {
  let line = `${at.slice(11, 19)} ${level === 'info' ? '' : `${level}: `}${oneLine(message)}`;
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

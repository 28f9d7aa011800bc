// The newest lines of the log, for the owner's page: as many as fit a screen or two. They are events with names and numbers; no line holds a prompt or an
// answer, here as little as anywhere.
import type { Log } from '../log.ts';

interface LogLine {
  /** ms since epoch. */
  readonly at: number;
  readonly level: keyof Log;
  readonly text: string;
}

const LINES = 200;
const LINE_CHARS = 500;

export class RecentLog implements Log {
  readonly #log: Log;
  readonly #now: () => number;
  #lines: LogLine[] = [];

  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** The oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines.slice(-LINES);
  }

  readonly info: Log['info'] = (event, fields) => this.#keep('info', event, fields);
  readonly warn: Log['warn'] = (event, fields) => this.#keep('warn', event, fields);
  readonly error: Log['error'] = (event, fields) => this.#keep('error', event, fields);

  #keep(level: keyof Log, event: string, fields: Parameters<Log['info']>[1] = {}): void {
    this.#log[level](event, fields);
    const said = Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${String(value)}`],
    );
    this.#lines.push({ at: this.#now(), level, text: [event, ...said].join(' ').slice(0, LINE_CHARS) });
    if (this.#lines.length > 2 * LINES) this.#lines = this.#lines.slice(-LINES);
  }
}

// The one door to the operator's log: a line of JSON for each happening. What a line may hold is a closed list of facts, and each text in it is one
// word: no prompt, answer, key or secret gets in, not even in the message of somebody else's error.

/** Who speaks: one of the router's rooms. */
export type Room =
  'edge' | 'services' | 'relay' | 'hub' | 'homes' | 'area' | 'billing' | 'payments' | 'placement' | 'chain';

/** What a line may say beside its event. What is null or left out does not stand there. */
export interface LogFacts {
  readonly requestId?: string | null | undefined;
  readonly jobId?: string | null | undefined;
  readonly part?: number | undefined;
  readonly nodeId?: string | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly ticketHash?: string | null | undefined;
  readonly hub?: string | null | undefined;
  readonly area?: string | null | undefined;
  /** Why, as one of our own codes: never a stranger's words. */
  readonly reason?: string | null | undefined;
  readonly count?: number | undefined;
  readonly epoch?: number | undefined;
  readonly waitMs?: number | undefined;
  /** Something thrown: its kind and place are told, its message is not. */
  readonly error?: unknown;
}

export interface Log {
  /** What happens on a good day too. */
  readonly info: (event: string, facts?: LogFacts) => void;
  /** Something failed and was worked around, or will be tried again. */
  readonly warn: (event: string, facts?: LogFacts) => void;
  /** A bug, or something that nothing will mend by itself. */
  readonly error: (event: string, facts?: LogFacts) => void;
}

type Level = keyof Log;

/** Facts that are words or numbers, in the order in which a line holds them. */
const NAMES = [
  'requestId',
  'jobId',
  'part',
  'nodeId',
  'accountId',
  'ticketHash',
  'hub',
  'area',
  'reason',
  'count',
  'epoch',
  'waitMs',
] as const;
const WORD = /^[\w:.-]{1,120}$/;
/** The code that platforms put before a message, as in `D1_ERROR: no such table`. */
const CODE = /^([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b/;
const MAX_STACK_LINES = 5;

/** A room's log. */
export function makeLog(room: Room): Log {
  return {
    info: (event, facts) => write('info', room, event, facts),
    warn: (event, facts) => write('warn', room, event, facts),
    error: (event, facts) => write('error', room, event, facts),
  };
}

function write(level: Level, room: Room, event: string, facts: LogFacts = {}): void {
  const line: Record<string, unknown> = { time: new Date().toISOString(), level, room, event };
  for (const name of NAMES) {
    const value = facts[name];
    if (value !== null && value !== undefined) line[name] = toWord(value);
  }
  if (facts.error !== undefined) line['error'] = describe(facts.error);
  // oxlint-disable-next-line no-console -- the one place where the router speaks to its operator
  console[level](JSON.stringify(line));
}

/** Anything with a space in it is somebody's words. */
function toWord(value: string | number): string | number {
  return typeof value === 'number' || WORD.test(value) ? value : '(left out)';
}

/** A message may quote what was parsed, asked or sent, so only what cannot is told: kind, code, flags of the platform, and where. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = CODE.exec(error.message)?.[1];
  const flags = error as { readonly retryable?: unknown; readonly overloaded?: unknown; readonly remote?: unknown };
  return {
    name: toWord(error.name),
    ...(code && { code }),
    ...(flags.retryable === true && { isRetryable: true }),
    ...(flags.overloaded === true && { isOverloaded: true }),
    ...(flags.remote === true && { isRemote: true }),
    ...(error.cause instanceof Error && { cause: describe(error.cause) }),
    at: placesOf(error),
  };
}

/** The innermost calls of a stack, without the message that stands before them. */
function placesOf({ name, message, stack = '' }: Error): string[] {
  const head = `${name}: ${message}`;
  const calls = stack.startsWith(head) ? stack.slice(head.length) : stack.replaceAll(message, '');
  const lines = calls.split('\n').filter((line) => /^\s+at \S/.test(line));
  return lines.slice(0, MAX_STACK_LINES).map((line) => line.trim().slice(3, 200));
}

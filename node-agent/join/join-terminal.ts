// What joining needs of a terminal. Types only: the real one is clack-terminal.ts, and tests answer for the owner.

export type Mark = 'done' | 'limited' | 'failed' | 'info' | 'plain';

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
  /** Shown, and not to be chosen. */
  readonly isOff?: boolean;
}

export interface JoinTerminal {
  open(title: string): void;
  close(text: string): void;
  /** A line or several, broken to fit. */
  tell(mark: Mark, text: string): void;
  /** As it is, line by line: a QR code. */
  show(lines: readonly string[]): void;
  /** One line that the next takes the place of; null takes it away. */
  status(text: string | null): void;
  /** One of several; null where the owner leaves. */
  choose(question: string, choices: readonly Choice[], first?: string): Promise<string | null>;
  /** At least one of several, none of them chosen beforehand. */
  chooseMany(question: string, choices: readonly Choice[]): Promise<readonly string[] | null>;
  /** A line of text; `check` gives what is wrong with it. */
  ask(question: string, example: string, check: (text: string) => string | null): Promise<string | null>;
  /** Hears single keys until the returned function is called; Ctrl-C comes as `leave`. */
  hearKeys(hear: (key: string) => void): () => void;
}

export const LEAVE_KEY = 'leave';

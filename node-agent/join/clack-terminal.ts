// Prompts in a real terminal, by @clack/prompts. The one door to keyboard and screen while joining; both streams can be given, so that a test types.
import type { Readable, Writable } from 'node:stream';
import type * as Prompts from '@clack/prompts';
import { fitEnd } from '../fit-text.ts';
import { fitLines } from './fit-lines.ts';
import { LEAVE_KEY } from './join-terminal.ts';
import type { Choice, JoinTerminal, Mark } from './join-terminal.ts';

type Clack = typeof Prompts;

export interface KeySource extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
}
export interface Screen extends Writable {
  readonly isTTY?: boolean;
}

const COLUMNS = 80;
/** Behind the prompts' own margin. */
const TEXT_COLUMNS = COLUMNS - 4;
const CTRL_C = '\u0003';
const CLEAR_LINE = '\r\u001b[2K';

/** Loads the prompts: they are used nowhere else. */
export async function openTerminal(input: KeySource, output: Screen): Promise<JoinTerminal> {
  return new ClackTerminal(await import('@clack/prompts'), input, output);
}

class ClackTerminal implements JoinTerminal {
  readonly #clack: Clack;
  readonly #input: KeySource;
  readonly #output: Screen;
  #status: string | null = null;

  constructor(clack: Clack, input: KeySource, output: Screen) {
    this.#clack = clack;
    this.#input = input;
    this.#output = output;
  }

  open(title: string): void {
    this.#clack.intro(title, { output: this.#output });
  }

  close(text: string): void {
    this.status(null);
    const [first = '', ...rest] = fitLines(text, TEXT_COLUMNS);
    this.#clack.outro([first, ...rest.map((line) => `   ${line}`)].join('\n'), { output: this.#output });
  }

  tell(mark: Mark, text: string): void {
    this.status(null);
    const fitted = fitLines(text, TEXT_COLUMNS).join('\n');
    const to = { output: this.#output, spacing: 0 };
    const { log } = this.#clack;
    if (mark === 'done') log.success(fitted, to);
    else if (mark === 'limited') log.warn(fitted, to);
    else if (mark === 'failed') log.error(fitted, to);
    else if (mark === 'info') log.info(fitted, to);
    else log.message(fitted, to);
  }

  show(lines: readonly string[]): void {
    this.status(null);
    this.#output.write(`${lines.map((line) => `   ${line}`).join('\n')}\n`);
  }

  status(text: string | null): void {
    if (text === this.#status) return;
    const isMoving = this.#output.isTTY === true;
    if (isMoving) this.#output.write(text === null ? CLEAR_LINE : `${CLEAR_LINE}   ${fitEnd(text, TEXT_COLUMNS)}`);
    else if (text !== null) this.#output.write(`   ${fitEnd(text, TEXT_COLUMNS)}\n`);
    this.#status = text;
  }

  async choose(question: string, choices: readonly Choice[], first?: string): Promise<string | null> {
    this.status(null);
    const answer = await this.#clack.select({
      message: question,
      options: choices.map(toOption),
      ...(first === undefined ? {} : { initialValue: first }),
      ...this.#streams,
    });
    return typeof answer === 'string' ? answer : null;
  }

  async chooseMany(question: string, choices: readonly Choice[]): Promise<readonly string[] | null> {
    this.status(null);
    const options = choices.map(toOption);
    const answer = await this.#clack.multiselect({ message: question, options, required: true, ...this.#streams });
    return Array.isArray(answer) ? answer : null;
  }

  async ask(question: string, example: string, check: (text: string) => string | null): Promise<string | null> {
    this.status(null);
    const answer = await this.#clack.text({
      message: question,
      placeholder: example,
      validate: (text) => check(text ?? '') ?? undefined,
      ...this.#streams,
    });
    return typeof answer === 'string' ? answer : null;
  }

  hearKeys(hear: (key: string) => void): () => void {
    const onData = (data: Buffer | string): void => {
      for (const key of data.toString()) hear(key === CTRL_C ? LEAVE_KEY : key.toLowerCase());
    };
    this.#input.setRawMode?.(true);
    this.#input.on('data', onData);
    this.#input.resume();
    return () => {
      this.#input.off('data', onData);
      this.#input.setRawMode?.(false);
      this.#input.pause();
    };
  }

  get #streams(): { input: Readable; output: Writable } {
    return { input: this.#input, output: this.#output };
  }
}

function toOption({ value, label, hint, isOff }: Choice): {
  value: string;
  label: string;
  hint?: string;
  disabled?: boolean;
} {
  return { value, label, ...(hint === undefined ? {} : { hint }), ...(isOff === true ? { disabled: true } : {}) };
}

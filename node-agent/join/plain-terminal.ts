// Lines for a log where nobody is asked anything: every question counts as left.
import { fitLines } from './fit-lines.ts';
import type { JoinTerminal, Mark } from './join-terminal.ts';

const SIGNS = { done: '✓', limited: '!', failed: '✗', info: '·', plain: ' ' } as const satisfies Record<Mark, string>;

export class PlainTerminal implements JoinTerminal {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  open(title: string): void {
    this.#write(`${title}\n`);
  }

  close(text: string): void {
    this.#write(`${text}\n`);
  }

  tell(mark: Mark, text: string): void {
    const [first = '', ...rest] = fitLines(text, 77);
    this.#write([`${SIGNS[mark]} ${first}`, ...rest.map((line) => `  ${line}`), ''].join('\n'));
  }

  show(): void {}

  status(): void {}

  async choose(): Promise<null> {
    return null;
  }

  async chooseMany(): Promise<null> {
    return null;
  }

  async ask(): Promise<null> {
    return null;
  }

  hearKeys(): () => void {
    return () => undefined;
  }
}

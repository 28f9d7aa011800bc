// The body of a part whose caller waits for the whole answer: nothing of it is given to anybody before its end, so it is read here, and its hub's last word
// stands in it.
import type { AnswerFormat } from '../../schema/answers.ts';
import type { AnswerText } from '../../schema/chunks.ts';
import type { PartTold } from '../../schema/records.ts';
import { WholeText } from './whole-text.ts';

/** What a part said, and its hub's last word: null where that went away. Or null, where it was too long. */
export type WholeSaid = (AnswerText & { readonly told: PartTold | null }) | null;

export class WholePart {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #text: WholeText;
  readonly #keep: (chars: number) => boolean;
  #waitingSinceAt: number | null = null;
  #cancel: () => void = () => undefined;
  readonly #cancelled = new Promise<void>((resolve) => void (this.#cancel = resolve));

  /** `keep`: told how many characters are kept; false where that is too much. */
  constructor(
    body: ReadableStream<Uint8Array>,
    { format, keep }: { readonly format: Pick<AnswerFormat, 'readEvents'>; readonly keep: (chars: number) => boolean },
  ) {
    this.#reader = body.getReader();
    this.#text = new WholeText(format);
    this.#keep = keep;
  }

  /** Since when it is waited for more of it, ms since epoch; null while nobody waits. */
  get waitingSinceAt(): number | null {
    return this.#waitingSinceAt;
  }

  /** Reads to the end; never rejects. Null where it was too long. */
  async read(): Promise<WholeSaid> {
    for (;;) {
      const bytes = await this.#next();
      if (!bytes) return this.#text.end();
      this.#text.add(bytes);
      if (!this.#keep(this.#text.chars)) return null;
      // Behind its hub's last word nothing comes: nobody waits for the body's end as well.
      if (this.#text.isOver) return this.#text.end();
    }
  }

  cancel(): void {
    this.#cancel();
    void this.#reader.cancel().catch(() => undefined);
  }

  async #next(): Promise<Uint8Array | null> {
    this.#waitingSinceAt = Date.now();
    try {
      const read = await Promise.race([this.#reader.read(), this.#cancelled]);
      return read?.value ?? null;
    } catch {
      // Its hub went away, and left no last word.
      return null;
    } finally {
      this.#waitingSinceAt = null;
    }
  }
}

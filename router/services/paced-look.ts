// A look that anyone may ask for and that costs something: so many a second are made, and whoever asks oftener is told what was seen last.

const MOST_A_SECOND = 10;

export class PacedLook<T> {
  readonly #look: () => Promise<T>;
  #last: T | null = null;
  #second = 0;
  #looks = 0;

  constructor(look: () => Promise<T>) {
    this.#look = look;
  }

  async ask(now: number): Promise<T> {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#looks = 0;
    this.#second = second;
    this.#looks += 1;
    if (this.#looks > MOST_A_SECOND && this.#last !== null) return this.#last;
    return (this.#last = await this.#look());
  }
}

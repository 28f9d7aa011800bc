// What was sent to a home and not shown to have been read. The platform does not tell how much of what a socket was given still waits, and keeps all
// of it in the hub's memory: so the home is asked now and then (`sync`), and its answer shows that it has read until there.
import { UNREAD_CLOSE_BYTES, UNREAD_FULL_BYTES, UNREAD_MARK_BYTES } from './door-limits.ts';

export class UnreadBytes {
  #sent = 0;
  #read = 0;
  #asked = 0;
  #answered = 0;
  /** The question whose answer shows the next stretch read; null while none is due. */
  #mark: { readonly question: number; readonly sent: number } | null = null;

  get bytes(): number {
    return this.#sent - this.#read;
  }

  /** It is given no new job for now. */
  get isFull(): boolean {
    return this.bytes > UNREAD_FULL_BYTES;
  }

  /** It does not read. */
  get isOver(): boolean {
    return this.bytes > UNREAD_CLOSE_BYTES;
  }

  /** The home is to be asked, with `noteAsked`. */
  get isDue(): boolean {
    return this.#mark === null && this.bytes >= UNREAD_MARK_BYTES;
  }

  /** So many bytes are handed to the socket. */
  noteSent(bytes: number): void {
    this.#sent += bytes;
  }

  /** It is asked what it runs, for this reason or another. */
  noteAsked(): void {
    this.#asked++;
    this.#mark ??= { question: this.#asked, sent: this.#sent };
  }

  /** It told what it runs; false where nobody asked. */
  noteAnswered(): boolean {
    if (this.#answered >= this.#asked) return false;
    this.#answered++;
    if (this.#mark && this.#answered >= this.#mark.question) {
      this.#read = this.#mark.sent;
      this.#mark = null;
    }
    return true;
  }
}

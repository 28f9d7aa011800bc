// Cuts a server's byte stream into the data of its server-sent events (WHATWG HTML, section 9.2). Holds what is not whole yet.

/** A line longer than this is no chat chunk; reading it on would only grow memory. */
const LINE_LIMIT_BYTES = 1 << 20;

const NOTHING = Buffer.alloc(0);
const NO_EVENTS: readonly string[] = [];

export class EventReader {
  #rest: Buffer = NOTHING;
  #data: string | undefined;
  #first = true;

  /** Takes the next bytes and gives the data of every event they complete. Throws RangeError when a line is over 1 MiB. */
  feed(chunk: Buffer): readonly string[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = endOfLines(bytes);
    this.#rest = end === bytes.length ? NOTHING : bytes.subarray(end);
    if (this.#rest.length > LINE_LIMIT_BYTES) throw new RangeError('a line of the stream is longer than 1 MiB');
    if (end === 0) return NO_EVENTS;
    return this.#readLines(this.#normalise(bytes.toString('utf8', 0, end)));
  }

  /** The stream's end: an event that lacks only its empty line counts. */
  end(): readonly string[] {
    return this.feed(Buffer.from('\n\n'));
  }

  #normalise(text: string): string {
    const start = this.#first && text.startsWith('\ufeff') ? text.slice(1) : text;
    this.#first = false;
    return start.includes('\r') ? start.replace(/\r\n?/g, '\n') : start;
  }

  #readLines(text: string): string[] {
    const events: string[] = [];
    for (let at = 0, end = text.indexOf('\n'); end >= 0; at = end + 1, end = text.indexOf('\n', at)) {
      if (end === at) this.#dispatch(events);
      else if (text.startsWith('data:', at))
        this.#addData(text.slice(text.charCodeAt(at + 5) === 32 ? at + 6 : at + 5, end));
    }
    return events;
  }

  #addData(line: string): void {
    this.#data = this.#data === undefined ? line : `${this.#data}\n${line}`;
  }

  #dispatch(events: string[]): void {
    if (this.#data !== undefined) events.push(this.#data);
    this.#data = undefined;
  }
}

/** Index after the last complete line. A CR that is the last byte waits: it may be half of a CRLF. */
function endOfLines(bytes: Buffer): number {
  const lf = bytes.lastIndexOf(10);
  const cr = bytes.length < 2 ? -1 : bytes.lastIndexOf(13, bytes.length - 2);
  return Math.max(lf, cr) + 1;
}

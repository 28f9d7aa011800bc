// The body of a chat answer, whatever form the server gives it: events as they come, or JSON objects. Told apart by how it begins,
// since the content type of many servers is not to be trusted.

import { EventReader } from './event-reader.ts';

/** 'page' is a web page: what answers is no model server (the sign-in page of a network, a proxy). */
export type BodyForm = 'events' | 'json' | 'page';

/** A whole answer longer than this is none; reading it on would only grow memory. */
const JSON_LIMIT_BYTES = 4 << 20;

const NOTHING: readonly string[] = [];
const [QUOTE, BACKSLASH, OPENS, CLOSES] = [0x22, 0x5c, 0x7b, 0x7d];

export class BodyReader {
  #form: BodyForm | null = null;
  readonly #events = new EventReader();
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #objects = 0;
  /** Of the JSON object that is read now: how deep it is nested here, and whether this is within a text, right behind a backslash. */
  #depth = 0;
  #isText = false;
  #isEscaped = false;

  /** Null until the first byte that is no white space. */
  get form(): BodyForm | null {
    return this.#form;
  }

  /** The data of events that are complete now; nothing of `chunk` is kept. Throws RangeError past a limit. */
  feed(chunk: Uint8Array): readonly string[] {
    this.#form ??= tellForm(chunk);
    if (this.#form !== 'json') return this.#events.feed(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > JSON_LIMIT_BYTES) throw new RangeError('the answer is longer than 4 MiB');
    return this.#cutObjects(chunk);
  }

  /** True for a body that held one JSON object: all of the answer is in it. */
  get isOneObject(): boolean {
    return this.#objects === 1;
  }

  /** The body's end: what is left of it, as the data of events. */
  end(): readonly string[] {
    if (this.#form !== 'json') return this.#events.end();
    const rest = this.#takeObject();
    return rest.trim() === '' ? NOTHING : [rest];
  }

  /** The objects that end in this chunk: the connection of a body that is whole may stay open, and lines of JSON are as many events. */
  #cutObjects(chunk: Uint8Array): readonly string[] {
    const whole: string[] = [];
    let from = 0;
    chunk.forEach((byte, i) => {
      if (!this.#endsObject(byte)) return;
      this.#chunks.push(chunk.subarray(from, i + 1));
      whole.push(this.#takeObject());
      this.#objects += 1;
      from = i + 1;
    });
    // The bytes are only borrowed until the call returns.
    if (from < chunk.length) this.#chunks.push(Buffer.from(chunk.subarray(from)));
    return whole;
  }

  #endsObject(byte: number): boolean {
    if (this.#isText) {
      if (byte === QUOTE && !this.#isEscaped) this.#isText = false;
      this.#isEscaped = byte === BACKSLASH && !this.#isEscaped;
      return false;
    }
    if (byte === QUOTE) this.#isText = true;
    else if (byte === OPENS) this.#depth += 1;
    else if (byte === CLOSES) this.#depth -= 1;
    return byte === CLOSES && this.#depth === 0;
  }

  #takeObject(): string {
    const text = new TextDecoder().decode(Buffer.concat(this.#chunks));
    this.#chunks = [];
    return text;
  }
}

/** By the first byte that is neither white space nor a byte order mark: no line of an event stream begins with a bracket. */
function tellForm(chunk: Uint8Array): BodyForm | null {
  const first = chunk.find((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  if (first === undefined) return null;
  return first === 0x7b ? 'json' : first === 0x3c ? 'page' : 'events';
}

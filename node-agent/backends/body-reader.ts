// The body of a chat answer, whatever form the server gives it: events as they come, or one JSON object at the end. Told apart by how it begins,
// since the content type of many servers is not to be trusted.

import { EventReader } from './event-reader.ts';

/** 'page' is a web page: what answers is no model server (the sign-in page of a network, a proxy). */
export type BodyForm = 'events' | 'json' | 'page';

/** A whole answer longer than this is none; reading it on would only grow memory. */
const JSON_LIMIT_BYTES = 4 << 20;

const NOTHING: readonly string[] = [];

export class BodyReader {
  #form: BodyForm | null = null;
  readonly #events = new EventReader();
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** Null until the first byte that is no white space. */
  get form(): BodyForm | null {
    return this.#form;
  }

  /** The data of events that are complete now. Throws RangeError past a limit. */
  feed(chunk: Uint8Array): readonly string[] {
    this.#form ??= tellForm(chunk);
    if (this.#form !== 'json') return this.#events.feed(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > JSON_LIMIT_BYTES) throw new RangeError('the answer is longer than 4 MiB');
    this.#chunks.push(chunk);
    return NOTHING;
  }

  /** The body's end: what is left of it, as the data of events. */
  end(): readonly string[] {
    if (this.#form !== 'json') return this.#events.end();
    return [new TextDecoder().decode(Buffer.concat(this.#chunks))];
  }
}

/** By the first byte that is neither white space nor a byte order mark: no line of an event stream begins with a bracket. */
function tellForm(chunk: Uint8Array): BodyForm | null {
  const first = chunk.find((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  if (first === undefined) return null;
  return first === 0x7b ? 'json' : first === 0x3c ? 'page' : 'events';
}

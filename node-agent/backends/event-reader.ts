// Cuts a server's byte stream into the data of its server-sent events. Holds what is not whole yet, within a bound.

import { createParser, type EventSourceParser } from 'eventsource-parser';
import { parseJson } from '../../schema/json.ts';

/** An event longer than this is no chat chunk; reading it on would only grow memory. */
const BUFFER_LIMIT_CHARS = 1 << 20;

export class EventReader {
  readonly #decoder = new TextDecoder();
  readonly #parser: EventSourceParser;
  #events: string[] = [];
  #tooLong = false;

  constructor() {
    this.#parser = createParser({
      maxBufferSize: BUFFER_LIMIT_CHARS,
      onEvent: ({ event, data }) => this.#events.push(...(event === 'error' ? [asError(data)] : takeApart(data))),
      onError: (error) => {
        this.#tooLong ||= error.type === 'max-buffer-size-exceeded';
      },
    });
  }

  /** Takes the next bytes and gives the data of every event they complete. Throws RangeError when an event is over 1 MiB. */
  feed(chunk: Uint8Array): readonly string[] {
    return this.#read(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The stream's end: an event that lacks only its empty line counts. */
  end(): readonly string[] {
    return this.#read(`${this.#decoder.decode()}\n\n`);
  }

  #read(text: string): readonly string[] {
    this.#parser.feed(text);
    if (this.#tooLong) throw new RangeError('an event of the stream is longer than 1 MiB');
    const events = this.#events;
    if (events.length > 0) this.#events = [];
    return events;
  }
}

/** Servers that leave out the empty line between their events have made one event of many; of one that is whole JSON no line is. */
function takeApart(data: string): string[] {
  if (!data.includes('\n')) return [data];
  const lines = data.split('\n').filter((line) => line.trim() !== '');
  return lines.every((line) => /^\s*(?:\{.*\}|\[done\])\s*$/i.test(line)) ? lines : [data];
}

/** An event that is named `error` is one, whatever its data look like: LM Studio's have an `error`, others a bare text. */
function asError(data: string): string {
  const value = parseJson(data);
  if (typeof value !== 'object' || value === null) return JSON.stringify({ error: { message: data } });
  return 'error' in value ? data : JSON.stringify({ error: value });
}

// Cuts a server's byte stream into the data of its server-sent events. Holds what is not whole yet, within a bound.

import { createParser, type EventSourceParser } from 'eventsource-parser';
import { parseJson } from '../../schema/json.ts';

/** An event longer than this is no chat chunk; reading it on would only grow memory. */
const BUFFER_LIMIT_CHARS = 1 << 20;

/** What nearly every event is: one line, without its line end. */
const FIELD = 'data: ';
const LF = 0x0a;
/** Of whole characters: a decoder that waits for the rest of one is several times as slow. */
const wholeDecoder = new TextDecoder();

export class EventReader {
  readonly #decoder = new TextDecoder();
  readonly #parser: EventSourceParser;
  #events: string[] = [];
  #tooLong = false;
  /** What came so far ended with an empty line: nothing of it waits. */
  #isClear = true;

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
    const isWhole = chunk.at(-1) === LF && chunk.at(-2) === LF;
    const events = this.#isClear && isWhole ? cutPlain(wholeDecoder.decode(chunk)) : null;
    this.#isClear = isWhole;
    return events ?? this.#read(this.#decoder.decode(chunk, { stream: true }));
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

/** The data of events that are one line each, as servers write them; null where there is anything else, or in another way. */
function cutPlain(text: string): readonly string[] | null {
  if (text.includes('\r')) return null;
  const events: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    if (!text.startsWith(FIELD, at) || end === at + FIELD.length || text.charCodeAt(end + 1) !== LF) return null;
    events.push(text.slice(at + FIELD.length, end));
    at = end + 2;
  }
  return events;
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

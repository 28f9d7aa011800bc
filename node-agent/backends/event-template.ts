// Most events of an answer differ in their text alone: what stands around it is compared, and only what is new is parsed. Of one answer.
import type { BackendEvent } from './read-backend-event.ts';
import { readBackendEvent } from './read-backend-event.ts';

/** Stands for a text while it is found out where in an event the text is; no server writes it. */
const PROBE = 'irori-7f3a9c-probe';
/** A server that writes something else into every event (a time, a number) is not tried for ever. */
const MOST_MISSES = 3;
/** What JSON writes otherwise than it is. */
const NOT_PLAIN = /["\\\p{Cc}]/u;

export class EventTemplate {
  #before: string | null = null;
  #after = '';
  #event: BackendEvent | null = null;
  #misses = 0;

  /** What `readBackendEvent` says of these data. */
  read(data: string): BackendEvent {
    const { length } = data;
    const from = this.#before?.length ?? 0;
    const to = length - this.#after.length;
    if (this.#event && to >= from && data.startsWith(this.#before ?? '') && data.endsWith(this.#after)) {
      const text = data.slice(from, to);
      // Where there is no text an event may say it elsewhere.
      if (text !== '' && !NOT_PLAIN.test(text)) return { ...this.#event, text };
    }
    const event = readBackendEvent(data);
    if (this.#misses < MOST_MISSES && !event.isMessage && isPlainText(event)) this.#learn(data, event);
    return event;
  }

  /** Not of a whole message, behind which no other comes. Where the text stands is believed once another text in its place is read as that text, and as nothing else. */
  #learn(data: string, event: BackendEvent): void {
    this.#misses += 1;
    const quoted = JSON.stringify(event.text);
    const at = data.lastIndexOf(quoted);
    if (at < 0) return;
    const before = data.slice(0, at + 1);
    const after = data.slice(at + quoted.length - 1);
    const probed = readBackendEvent(before + PROBE + after);
    if (!isPlainText(probed) || probed.text !== PROBE || probed.isMessage) return;
    [this.#before, this.#after, this.#event] = [before, after, event];
  }
}

/** An event that says a text and nothing else. */
function isPlainText({ text, thinking, calls, logprobs, finish, usage, done, errorJson, kind }: BackendEvent): boolean {
  const saysMore =
    thinking !== '' ||
    calls.length > 0 ||
    !!logprobs ||
    finish !== null ||
    usage !== null ||
    done ||
    errorJson !== null;
  return kind === 'chunk' && text !== '' && !saysMore;
}

// What completes an event that was cut short in the middle, as where the hub died that wrote it: the caller has its beginning, and reads on from another
// home. What stands in it of the text was delivered, no more. Pure.
import { DONE_EVENT } from './chunks.ts';
import type { EventForm } from './chunks.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const DONE = new TextDecoder().decode(DONE_EVENT);
/** The end of a string that another character may still belong to: half an escape. */
const HALF_ESCAPE = /(?<!\\)(?:\\\\)*\\(?:u[0-9a-fA-F]{0,3})?$/;
/** And the first half of a pair of escapes. */
const HALF_PAIR = /(?<!\\)(?:\\\\)*\\u[dD][89abAB][0-9a-fA-F]{2}$/;
const COMMENTS = /^(?::.*\n)+/;
const CLOSED = /^(?:[^"\\]|\\.)*"/s;

/**
 * The bytes that are missing behind `cut`, the beginning of an event of this form, of a comment or of the terminator; empty where nothing was begun. Null where it
 * cannot be told: it was cut within a character, or is another event.
 */
export function mendEvent(cut: Uint8Array, form: EventForm): Uint8Array | null {
  if (cut.length === 0) return cut;
  const text = decode(cut);
  const rest = text === null ? null : findRest(text, form);
  return rest === null ? null : encoder.encode(rest);
}

function decode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function findRest(cut: string, { start, role, fields, end }: EventForm): string | null {
  // Comments are whole lines; the event behind them may have begun.
  const line = cut.replace(COMMENTS, '');
  if (line === '') return '';
  if (line.startsWith(':')) return '\n';
  const openings = ['', role].flatMap((said) =>
    [fields.text, fields.thinking].map((field) => `${start}${said}${field}"`),
  );
  const begun = openings.find((opening) => opening.startsWith(line));
  // It may have become the last event: one that says nothing ends well in front of anything.
  if (begun) return `${begun.slice(line.length)}"${end}`;
  const opening = openings.find((one) => line.startsWith(one));
  if (opening === undefined) return DONE.startsWith(line) ? DONE.slice(line.length) : null;
  const said = line.slice(opening.length);
  const closed = CLOSED.exec(said)?.[0];
  if (closed === undefined) return HALF_ESCAPE.test(said) || HALF_PAIR.test(said) ? null : `"${end}`;
  const tail = `"${said.slice(closed.length)}`;
  const whole = `"${end}`;
  return whole.startsWith(tail) ? whole.slice(tail.length) : null;
}

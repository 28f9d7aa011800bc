// What a hub looks at in the events that it relays: one pass over the bytes, without parsing. A frame is whole events of the one form that its kind of
// job has, and nothing else: no other field or line, no key of a home's own, no broken UTF-8 or JSON. What the events say is weighed on the way. Pure.
import type { EventForm } from '../../schema/chunks.ts';
import { weigh } from '../billing/weigh-characters.ts';
import type { Weight } from '../billing/weigh-characters.ts';

/** What an event is made of, as bytes: all but the text's characters. */
export interface FormBytes {
  readonly text: Opening;
  readonly thinking: Opening;
  /** Between thinking and the same once more. */
  readonly again: Uint8Array;
  readonly end: Uint8Array;
}
/** An event up to the text's first character; and the first event of an answer, which tells the role too. */
interface Opening {
  readonly plain: Uint8Array;
  readonly first: Uint8Array;
}

const encoder = new TextEncoder();
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export function encodeForm({ start, role, fields, again, end }: EventForm): FormBytes {
  const open = (field: string): Opening => ({
    plain: encoder.encode(`${start}${field}"`),
    first: encoder.encode(`${start}${role}${field}"`),
  });
  return {
    text: open(fields.text),
    thinking: open(fields.thinking),
    again: encoder.encode(`"${again}"`),
    end: encoder.encode(`"${end}`),
  };
}

/**
 * Where the characters of these events stand, begin and end, one pair an event; null where the bytes are anything but whole events of the form. The role may stand in the first one where
 * `mayTellRole`. Their characters are added to `weight`, which is of no use after a null.
 */
export function checkEvents(
  events: Uint8Array,
  { form, mayTellRole, weight }: { readonly form: FormBytes; readonly mayTellRole: boolean; readonly weight: Weight },
  isThinking: boolean,
): number[] | null {
  const { plain, first } = isThinking ? form.thinking : form.text;
  const texts: number[] = [];
  for (let at = 0; at < events.length;) {
    const opening = at === 0 && mayTellRole && standsAt(events, first, 0) ? first : plain;
    if (opening === plain && !standsAt(events, plain, at)) return null;
    const from = at + opening.length;
    const to = readText(events, from, weight);
    // An event that says nothing is none.
    if (to <= from) return null;
    const closedAt = isThinking ? readAgain(events, { from, to, again: form.again }) : to;
    if (closedAt < 0 || !standsAt(events, form.end, closedAt)) return null;
    texts.push(from, to);
    at = closedAt + form.end.length;
  }
  return texts.length === 0 ? null : texts;
}

/** Where the same string ends that stands once more; -1 where it does not. */
function readAgain(
  events: Uint8Array,
  { from, to, again }: { readonly from: number; readonly to: number; readonly again: Uint8Array },
): number {
  if (!standsAt(events, again, to)) return -1;
  const at = to + again.length;
  return standsAt(events, events.subarray(from, to), at) ? at + to - from : -1;
}

export function standsAt(events: Uint8Array, part: Uint8Array, at: number): boolean {
  if (events.length - at < part.length) return false;
  for (let i = 0; i < part.length; i++) if (events[at + i] !== part[i]) return false;
  return true;
}

/** Weighs the characters of a JSON string from `at`; gives back where its closing quote stands, -1 where it is no such string. */
export function readText(events: Uint8Array, from: number, weight: Weight): number {
  for (let at = from; at < events.length;) {
    const byte = events[at] ?? 0;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) {
      const length = readEscape(events, at, weight);
      if (length === 0) return -1;
      at += length;
    } else if (byte >= 0x80) {
      const length = readWide(events, at, weight);
      if (length === 0) return -1;
      at += length;
    } else {
      if (byte < 0x20) return -1;
      weigh(weight, byte, 1);
      at++;
    }
  }
  return -1;
}

/** Weighs a character of several bytes; gives back how many, 0 for what is no UTF-8 or what some readers take for the end of a line. */
function readWide(events: Uint8Array, at: number, weight: Weight): number {
  const lead = events[at] ?? 0;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  let code = lead & (0x7f >> size);
  for (let i = 1; i < size; i++) {
    // Past the end a 0, which is none of these.
    const next = events[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return 0;
    code = (code << 6) | (next & 0x3f);
  }
  if (isMisread(code, size)) return 0;
  weigh(weight, code, size);
  return size;
}

/** Written longer than need be, half a pair, beyond Unicode, or a line's end to `splitlines`. */
function isMisread(code: number, size: number): boolean {
  if (size === 2) return code === 0x85;
  if (size === 3) return code < 0x800 || (code >= 0xd800 && code < 0xe000) || code === 0x2028 || code === 0x2029;
  return code < 0x10000 || code > 0x10ffff;
}

/** Characters behind a backslash that stand for one, by what they stand for. */
const SHORT_ESCAPES = new Map([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/** Weighs an escaped character; gives back how many bytes it is written with, 0 for none: half of a pair is none either. */
function readEscape(events: Uint8Array, at: number, weight: Weight): number {
  const short = SHORT_ESCAPES.get(events[at + 1] ?? 0);
  if (short !== undefined) {
    weigh(weight, short, 1);
    return 2;
  }
  const unit = readUnit(events, at);
  if (unit < 0 || (unit >= 0xdc00 && unit < 0xe000)) return 0;
  if (unit < 0xd800 || unit >= 0xe000) {
    weigh(weight, unit, unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3);
    return 6;
  }
  const low = readUnit(events, at + 6);
  if (low < 0xdc00 || low >= 0xe000) return 0;
  weigh(weight, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), 4);
  return 12;
}

/** The number in `\uXXXX`, -1 where it is not one. */
function readUnit(events: Uint8Array, at: number): number {
  if (events[at] !== BACKSLASH || events[at + 1] !== 0x75) return -1;
  let unit = 0;
  for (let i = 2; i < 6; i++) {
    const digit = readHexDigit(events[at + i] ?? 0);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

function readHexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The events without the message they came in, where that is much larger: what is kept must not hold it in memory. */
export function detach(events: Uint8Array): Uint8Array {
  return events.buffer.byteLength > 2 * events.length + 4096 ? events.slice() : events;
}

// What a hub looks at in events that tell calls of tools: literals of the one form, numbers that count up, and JSON strings between them. Pure.
import { mostCallsOf } from '../../schema/chunks.ts';
import type { CallForm, CallSlot, EventForm } from '../../schema/chunks.ts';
import type { Weight } from '../billing/weigh-characters.ts';
import { readText, standsAt } from './check-events.ts';

/** An event's literals as bytes: the first one from the event's beginning, the last one to its end. */
interface CallBytes {
  readonly literals: readonly Uint8Array[];
  readonly slots: readonly CallSlot[];
}
export interface CallFormBytes {
  /** Calls that an answer of this form may make. */
  readonly most: number;
  readonly begin: CallBytes;
  readonly beginFirst: CallBytes;
  readonly more: CallBytes;
}

/** What of an answer's calls was seen, and where their strings stand: begin and end, one pair a name or piece of arguments. */
export interface CheckedCalls {
  readonly texts: readonly number[];
  /** Calls that have begun, with those of these events. */
  readonly begun: number;
}

export interface CallCheck {
  readonly form: CallFormBytes;
  readonly mayTellRole: boolean;
  readonly weight: Weight;
  /** Calls that have begun before. */
  readonly begun: number;
}

const ID_BYTES = 64;
const NAME_BYTES = 128;
const INDEX = /^(?:0|[1-9]\d{0,2})$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Null for answers of a kind that makes no calls. */
export function encodeCallForm({ start, role, calls, end }: EventForm): CallFormBytes | null {
  if (!calls) return null;
  const encode = (form: CallForm, opening: string): CallBytes => {
    const last = form.literals.length - 1;
    const literals = form.literals.map((literal, i) =>
      encoder.encode((i === 0 ? opening : '') + literal + (i === last ? end : '')),
    );
    return { literals, slots: form.slots };
  };
  return {
    most: mostCallsOf(calls),
    begin: encode(calls.begin, start),
    beginFirst: encode(calls.begin, start + role),
    more: encode(calls.more, start),
  };
}

/** Null where the bytes are anything but whole events of calls, each beginning the next call or going on with one that has begun. `weight` is of no use then. */
export function checkCalls(events: Uint8Array, check: CallCheck): CheckedCalls | null {
  const texts: number[] = [];
  let { begun } = check;
  for (let at = 0; at < events.length;) {
    const event = readEvent(events, at, { ...check, begun });
    if (!event) return null;
    begun = event.begun;
    texts.push(...event.texts);
    at = event.to;
  }
  return texts.length === 0 ? null : { texts, begun };
}

interface ReadEvent extends CheckedCalls {
  readonly to: number;
}

function readEvent(events: Uint8Array, at: number, check: CallCheck): ReadEvent | null {
  const { form, mayTellRole, begun } = check;
  if (at === 0 && mayTellRole && begun < form.most) {
    const first = readForm(events, at, { bytes: form.beginFirst, ...check });
    if (first) return first.index === begun ? { ...first, begun: begun + 1 } : null;
  }
  const begin = begun < form.most ? readForm(events, at, { bytes: form.begin, ...check }) : null;
  if (begin) return begin.index === begun ? { ...begin, begun: begun + 1 } : null;
  const more = readForm(events, at, { bytes: form.more, ...check });
  // A piece that says nothing is none.
  const saysNothing = more?.texts[0] === more?.texts[1];
  return more && !saysNothing && more.index < Math.max(begun, 0) ? { ...more, begun } : null;
}

function readForm(
  events: Uint8Array,
  from: number,
  { bytes: { literals, slots }, weight, begun }: CallCheck & { readonly bytes: CallBytes },
): { readonly texts: number[]; readonly index: number; readonly to: number } | null {
  // Weighed only where the whole event is of this form.
  const tried = { ...weight };
  const texts: number[] = [];
  const isBegin = slots.includes('name');
  // The older form has one call and no numbers.
  let index = slots.includes('index') ? -1 : isBegin ? begun : begun - 1;
  let at = from;
  for (const [i, literal] of literals.entries()) {
    if (!standsAt(events, literal, at)) return null;
    at += literal.length;
    const slot = slots[i];
    if (slot === undefined) break;
    const to = slot === 'index' ? endOfDigits(events, at) : readString(events, at, { slot, weight: tried });
    if (to < 0) return null;
    if (slot === 'index') index = readIndex(events.subarray(at, to));
    if (slot === 'name' || slot === 'arguments') texts.push(at + 1, to - 1);
    at = to;
  }
  Object.assign(weight, tried);
  return index < 0 ? null : { texts, index, to: at };
}

/** Where a JSON string ends, behind its closing quote; -1 where there is none, or one that is too long. Ids and names hold plain characters only. */
function readString(events: Uint8Array, at: number, { slot, weight }: { slot: CallSlot; weight: Weight }): number {
  if (events[at] !== 0x22) return -1;
  const end = readText(events, at + 1, slot === 'id' ? { ...weight } : weight);
  if (end < 0) return -1;
  const length = end - at - 1;
  if (slot === 'arguments') return end + 1;
  if (length === 0 || length > (slot === 'id' ? ID_BYTES : NAME_BYTES)) return -1;
  return isPlain(events, at + 1, end) ? end + 1 : -1;
}

/** Letters, digits and `_ - . : /`. */
function isPlain(events: Uint8Array, from: number, to: number): boolean {
  return /^[\w.:/-]+$/.test(decoder.decode(events.subarray(from, to)));
}

function endOfDigits(events: Uint8Array, from: number): number {
  let at = from;
  while (at - from < 4 && (events[at] ?? 0) >= 0x30 && (events[at] ?? 0) <= 0x39) at++;
  return at;
}

function readIndex(bytes: Uint8Array): number {
  const digits = decoder.decode(bytes);
  return INDEX.test(digits) ? Number(digits) : -1;
}

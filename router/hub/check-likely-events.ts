// What a hub looks at in events that may tell how likely their tokens were: the one form of a text event, but for a slot that holds null or what its values
// are written as, byte for byte. Parsed, and only where the caller has asked for it. Pure.
import type { EventForm } from '../../schema/chunks.ts';
import { MAX_LOGPROBS_JSON, readOwnLogprobs } from '../../schema/logprobs.ts';
import type { Weight } from '../billing/weigh-characters.ts';
import { readText, standsAt } from './check-events.ts';
import type { FormBytes } from './check-events.ts';

/** The end of an event in two halves. */
export interface SlotBytes {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export interface LikelyCheck {
  readonly form: FormBytes;
  readonly slot: SlotBytes;
  readonly mayTellRole: boolean;
  readonly weight: Weight;
  /** Tokens that may be told at a place beside the chosen one. */
  readonly most: number;
}

const NEWLINE = 0x0a;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodeSlot({ logprobs: { before, after } }: EventForm): SlotBytes {
  return { before: encoder.encode(`"${before}`), after: encoder.encode(after) };
}

/** As `checkEvents` of texts: where their characters begin and end, null where the bytes are anything else. */
export function checkLikelyEvents(events: Uint8Array, check: LikelyCheck): number[] | null {
  const { plain, first } = check.form.text;
  const texts: number[] = [];
  for (let at = 0; at < events.length;) {
    const opening = at === 0 && check.mayTellRole && standsAt(events, first, 0) ? first : plain;
    if (opening === plain && !standsAt(events, plain, at)) return null;
    const from = at + opening.length;
    const to = readText(events, from, check.weight);
    if (to <= from) return null;
    const end = findEnd(events, to, check);
    if (end < 0) return null;
    texts.push(from, to);
    at = end;
  }
  return texts.length === 0 ? null : texts;
}

/** Where an event ends whose text ends at `at`; -1 where it is not of the form. */
function findEnd(events: Uint8Array, at: number, { form, slot, most }: LikelyCheck): number {
  if (standsAt(events, form.end, at)) return at + form.end.length;
  if (!standsAt(events, slot.before, at)) return -1;
  const from = at + slot.before.length;
  // JSON has no raw line end: the first one is the event's.
  const lineEnd = events.indexOf(NEWLINE, from);
  const to = lineEnd + 2 - slot.after.length;
  if (lineEnd < 0 || to <= from || to - from > MAX_LOGPROBS_JSON || !standsAt(events, slot.after, to)) return -1;
  return isLikely(events.subarray(from, to), most) ? lineEnd + 2 : -1;
}

function isLikely(bytes: Uint8Array, most: number): boolean {
  try {
    return readOwnLogprobs(decoder.decode(bytes), most) !== null;
  } catch {
    return false;
  }
}

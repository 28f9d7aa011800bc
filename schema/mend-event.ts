// What completes an event that was cut short in the middle, as where the hub died that wrote it: the caller has its beginning, and reads on from another
// home. What stands in it of the text was delivered, no more. Pure.
import { DONE_EVENT } from './chunks.ts';
import type { CallForm, CallSlot, EventForm } from './chunks.ts';

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

function findRest(cut: string, form: EventForm): string | null {
  // Comments are whole lines; the event behind them may have begun.
  const line = cut.replace(COMMENTS, '');
  if (line === '') return '';
  if (line.startsWith(':')) return '\n';
  const openings = ['', form.role].map((said) => form.start + said);
  for (const opening of openings)
    for (const isThinking of [false, true]) {
      const rest = findTextRest(line, { opening, isThinking, form });
      if (rest !== undefined) return rest;
    }
  for (const opening of openings)
    for (const calls of form.calls ? [form.calls.more, form.calls.begin] : []) {
      const rest = findCallRest(line, { opening, calls, end: form.end });
      if (rest !== undefined) return rest;
    }
  return DONE.startsWith(line) ? DONE.slice(line.length) : null;
}

interface TextCut {
  readonly opening: string;
  readonly isThinking: boolean;
  readonly form: EventForm;
}

/** Undefined where the line is no event of text. An event that had not begun to say anything says nothing, which ends well in front of anything. */
function findTextRest(line: string, { opening, isThinking, form }: TextCut): string | null | undefined {
  const { fields, again, end } = form;
  const begun = `${opening}${isThinking ? fields.thinking : fields.text}"`;
  const write = (said: string): string =>
    isThinking ? `${begun}${said}"${again}"${said}"${end}` : `${begun}${said}"${end}`;
  if (begun.startsWith(line)) return write('').slice(line.length);
  if (!line.startsWith(begun)) return undefined;
  const said = line.slice(begun.length);
  const closed = CLOSED.exec(said)?.[0];
  if (closed === undefined && (HALF_ESCAPE.test(said) || HALF_PAIR.test(said))) return null;
  const whole = write(closed === undefined ? said : closed.slice(0, -1));
  return whole.startsWith(line) ? whole.slice(line.length) : undefined;
}

interface CallCut {
  readonly opening: string;
  readonly calls: CallForm;
  readonly end: string;
}

/** Undefined where the line is no event of a call of this form. */
function findCallRest(line: string, { opening, calls: { literals, slots }, end }: CallCut): string | null | undefined {
  const all = literals.map((one, i) => (i === 0 ? opening : '') + one + (i === literals.length - 1 ? end : ''));
  let [whole, at] = ['', 0];
  for (const [i, literal] of all.entries()) {
    whole += literal;
    const isBehind = literal.startsWith(line.slice(at)) || at >= line.length;
    if (!isBehind && !line.startsWith(literal, at)) return undefined;
    at += literal.length;
    const slot = slots[i];
    if (slot === undefined) continue;
    const given = isBehind || at >= line.length ? EMPTY_SLOT[slot] : readSlot(line.slice(at), slot);
    if (given === null || given === undefined) return given;
    whole += given;
    at += given.length;
  }
  return whole.startsWith(line) ? whole.slice(line.length) : undefined;
}

const EMPTY_SLOT: Readonly<Record<CallSlot, string>> = { index: '0', id: '""', name: '""', arguments: '""' };

/** What a slot holds, made whole; null where its string was cut within a character. */
function readSlot(rest: string, slot: CallSlot): string | null | undefined {
  if (slot === 'index') return /^\d+/.exec(rest)?.[0];
  if (!rest.startsWith('"')) return undefined;
  const said = rest.slice(1);
  const closed = CLOSED.exec(said)?.[0];
  if (closed !== undefined) return `"${closed}`;
  return HALF_ESCAPE.test(said) || HALF_PAIR.test(said) ? null : `"${said}"`;
}

// The text that a custom tool is called with. The chat's model writes it as JSON, {"input":"…"}, and this API tells it as it is: read while it arrives, so
// that a long patch is seen growing. Whatever a model writes becomes a text, and the same one however it was cut.

/** What stands before the text. */
const HEAD = /^\s*\{\s*"input"\s*:\s*"/;
/** A head that is not complete. */
const HALF_HEAD = /^\s*(?:\{\s*(?:"(?:i(?:n(?:p(?:u(?:t(?:"\s*(?::\s*)?)?)?)?)?)?)?)?)?$/;
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

export interface CustomInput {
  /** What a piece of the arguments adds to the text. */
  readonly take: (piece: string) => string;
  /** What is still to be added when no more arguments come. */
  readonly end: () => string;
}

export function openCustomInput(): CustomInput {
  let held = '';
  let state: 'head' | 'text' | 'other' | 'done' = 'head';
  return {
    take: (piece) => {
      if (state === 'done') return '';
      held += piece;
      if (state === 'head') {
        const head = HEAD.exec(held)?.[0];
        if (head !== undefined) {
          state = 'text';
          held = held.slice(head.length);
        } else if (!HALF_HEAD.test(held)) state = 'other';
      }
      if (state !== 'text') return '';
      const { text, rest, isClosed } = decodeString(held);
      held = rest;
      if (isClosed) state = 'done';
      return text;
    },
    end: () => {
      const rest = state === 'head' || state === 'other' ? readOther(held) : '';
      state = 'done';
      return rest;
    },
  };
}

/** The text of arguments in another form: other members, a JSON string, or no JSON. */
function readOther(given: string): string {
  try {
    const value: unknown = JSON.parse(given);
    if (typeof value === 'string') return value.toWellFormed();
    if (typeof value === 'object' && value !== null && 'input' in value && typeof value.input === 'string')
      return value.input.toWellFormed();
  } catch {
    // It is the text itself.
  }
  return given;
}

/** Decodes a JSON string behind its first quote, up to its last one or an escape that is not complete. */
function decodeString(given: string): {
  readonly text: string;
  readonly rest: string;
  readonly isClosed: boolean;
} {
  let text = '';
  let at = 0;
  while (at < given.length) {
    const next = given.slice(at).search(/["\\]/);
    if (next < 0) return { text: text + given.slice(at), rest: '', isClosed: false };
    text += given.slice(at, at + next);
    at += next;
    if (given[at] === '"') return { text, rest: '', isClosed: true };
    const escape = readEscape(given, at);
    if (escape === null) break;
    text += escape.char;
    at += escape.length;
  }
  return { text, rest: given.slice(at), isClosed: false };
}

/** Null where more has to come. What is no escape of JSON's stands for itself. */
function readEscape(given: string, at: number): { readonly char: string; readonly length: number } | null {
  const kind = given[at + 1];
  if (kind === undefined) return null;
  if (kind !== 'u') return { char: ESCAPES[kind] ?? kind, length: 2 };
  const unit = readUnit(given, at);
  if (unit === null) return null;
  const isHigh = unit >= 0xd800 && unit < 0xdc00;
  if (!isHigh) return { char: String.fromCharCode(unit).toWellFormed(), length: 6 };
  // The other half follows as an escape of its own, or never.
  if (given.length < at + 12 && '\\u'.startsWith(given.slice(at + 6, at + 8))) return null;
  const low = given.startsWith('\\u', at + 6) ? (readUnit(given, at + 6) ?? 0) : 0;
  const isPair = low >= 0xdc00 && low < 0xe000;
  return isPair ? { char: String.fromCharCode(unit, low), length: 12 } : { char: '\ufffd', length: 6 };
}

function readUnit(given: string, at: number): number | null {
  const digits = given.slice(at + 2, at + 6);
  if (digits.length < 4) return null;
  return /^[0-9a-f]{4}$/i.test(digits) ? parseInt(digits, 16) : 0xfffd;
}

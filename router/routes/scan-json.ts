// How a JSON text is built, told from its bytes before anything is made of them: an object for each of 300,000 empty pairs of braces takes a
// hundred times their bytes. One pass, strings passed over; whether it is JSON at all is for the parser to say. Pure.

/** What a body may be built of. */
export interface JsonLimits {
  /** Lists and objects inside one another. */
  readonly depth: number;
  /** Entries of one list or object. */
  readonly entries: number;
  /** Entries of all lists and objects together. */
  readonly values: number;
  /** Characters of one number. */
  readonly numberChars: number;
}

/** The limit that a text goes beyond, and the field of the outermost object in which it does; null where that is none. */
export interface JsonExcess {
  readonly limit: keyof JsonLimits;
  readonly field: string | null;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}` differ in one bit only. */
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACE_BIT = 0x20;

const FIELD_BYTES = 64;
const decoder = new TextDecoder();

/** Null where the text keeps all limits. */
export function scanJson(bytes: Uint8Array, limits: JsonLimits): JsonExcess | null {
  const entries = new Uint32Array(limits.depth + 1);
  let depth = 0;
  let values = 0;
  let digits = 0;
  let textFrom = 0;
  let textTo = 0;
  let field: string | null = null;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (isOfNumber(byte)) {
      digits += 1;
      if (digits > limits.numberChars) return { limit: 'numberChars', field };
      continue;
    }
    digits = 0;
    if (byte === QUOTE) {
      textFrom = i + 1;
      i = textTo = findTextEnd(bytes, i);
    } else if (byte === COMMA) {
      values += 1;
      const count = (entries[depth] ?? 0) + 1;
      entries[depth] = count;
      if (count >= limits.entries) return { limit: 'entries', field };
    } else if (byte === COLON && depth === 1) {
      field = decoder.decode(bytes.subarray(textFrom, Math.min(textTo, textFrom + FIELD_BYTES)));
    } else if ((byte & ~BRACE_BIT) === OPEN) {
      values += 1;
      depth += 1;
      if (depth > limits.depth) return { limit: 'depth', field };
      entries[depth] = 0;
    } else if ((byte & ~BRACE_BIT) === CLOSE && depth > 0) depth -= 1;
    if (values > limits.values) return { limit: 'values', field };
  }
  return null;
}

/** Digits, a sign, a point or an exponent. */
function isOfNumber(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2d || byte === 0x2b || (byte | 0x20) === 0x65;
}

/** Where the text that begins at a quote ends: at the next one that is not escaped, or with the bytes. */
function findTextEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let before = at - 1;
    while (before > from && bytes[before] === BACKSLASH) before -= 1;
    if ((at - 1 - before) % 2 === 0) return at;
  }
  return bytes.length;
}

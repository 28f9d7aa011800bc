// What characters of an answer can come to in tokens where nobody here has the model's tokenizer: at most, and for sure. By script, one table look-up a
// character, so that a hub can weigh a stream as it passes. Pure.
// At most is set above the worst of o200k, cl100k, Llama 2 and Llama 3, tokens a character (the worst of the four): English 0.27, German 0.28, Finnish 0.39,
// Vietnamese 0.65, code 0.49, JSON 0.60, base64 0.80, random letters 0.64, Russian 0.48, Greek 1.00, Arabic 0.91, Armenian 1.83, Hindi 1.08, Thai 1.09,
// Burmese 1.96, Amharic 2.53, Chinese 1.53, Japanese 1.24, Korean 1.67, emoji 1.9. So a home that counts honestly is not lowered, whatever it serves.

const SPACE = 0;
const NEWLINE = 1;
/** Nothing is seen of it: joiners, marks of direction, variation selectors. */
const HIDDEN = 2;
const LOWER = 3;
const UPPER = 4;
/** Latin letters beyond ASCII. */
const ACCENTED = 5;
const DIGIT = 6;
/** Punctuation and symbols of ASCII. */
const MARK = 7;
/** And beyond it: quotation marks, dashes, boxes. */
const WIDE_MARK = 8;
/** Letters of other scripts: of those that most vocabularies know, and of those that many write byte by byte. */
const OTHER = 9;
const FAR_OTHER = 10;
/** Han, kana and hangul, and the scripts of India and Thailand. */
const CJK = 11;
/** Everything of four bytes but Han: emoji mostly. */
const EMOJI = 12;
/** Where nothing came before. */
const START = 13;

type Kind = number;
const KINDS = 16;

/** Weights are in parts of a token. */
const PARTS = 16;

/** At most, by kind. */
const MOST = [2, 16, 48, 16, 16, 20, 16, 16, 36, 24, 48, 36, 64, 0, 0, 0];
/** Where what stands before makes it less or more: the other letters of a word, rows of spaces, digits that do not take the space before them along. */
const MOST_AFTER: readonly (readonly [before: Kind, kind: Kind, parts: number])[] = [
  [LOWER, LOWER, 10],
  [UPPER, LOWER, 10],
  [ACCENTED, LOWER, 10],
  [UPPER, UPPER, 12],
  [SPACE, SPACE, 1],
  [NEWLINE, NEWLINE, 4],
  [NEWLINE, SPACE, 16],
  [SPACE, DIGIT, 32],
  [SPACE, FAR_OTHER, 64],
  [SPACE, WIDE_MARK, 48],
];

/** For sure: no tokenizer in use joins two words, and the longest pieces of other scripts are known (`schema/estimate-tokens.ts`). In 128ths. */
const LEAST_PARTS = 128;
const LEAST = [0, 0, 0, 128, 128, 128, 8, 0, 0, 128, 128, 25, 32, 0, 0, 0];
const WORDS: readonly Kind[] = [LOWER, UPPER, ACCENTED, OTHER, FAR_OTHER];

/** By `before * 16 + kind`. */
const MOST_OF_PAIR = new Uint8Array(KINDS * KINDS);
const LEAST_OF_PAIR = new Uint8Array(KINDS * KINDS);
for (let before = 0; before < KINDS; before++)
  for (let kind = 0; kind < KINDS; kind++) {
    MOST_OF_PAIR[before * KINDS + kind] = MOST[kind] ?? 0;
    // A word goes on behind a letter; behind a mark it may be the end of "don't".
    const isInWord =
      WORDS.includes(kind) && (WORDS.includes(before) || before === MARK || before === WIDE_MARK || before === HIDDEN);
    LEAST_OF_PAIR[before * KINDS + kind] = isInWord ? 0 : (LEAST[kind] ?? 0);
  }
for (const [before, kind, parts] of MOST_AFTER) MOST_OF_PAIR[before * KINDS + kind] = parts;

/** By Unicode block, up to what comes next; what stands nowhere is a far letter. */
const RANGES: readonly (readonly [kind: Kind, from: number, end: number])[] = [
  [HIDDEN, 0, 0x20],
  [MARK, 0x20, 0x7f],
  [DIGIT, 0x30, 0x3a],
  [UPPER, 0x41, 0x5b],
  [LOWER, 0x61, 0x7b],
  [HIDDEN, 0x7f, 0xa1],
  [WIDE_MARK, 0xa1, 0xc0],
  [ACCENTED, 0xc0, 0x250],
  [OTHER, 0x250, 0x530],
  [OTHER, 0x590, 0x700],
  [CJK, 0x900, 0xe80],
  [CJK, 0x1100, 0x1200],
  [ACCENTED, 0x1e00, 0x1f00],
  [HIDDEN, 0x2000, 0x2010],
  [WIDE_MARK, 0x2010, 0x2028],
  [HIDDEN, 0x2028, 0x2030],
  [WIDE_MARK, 0x2030, 0x205f],
  [HIDDEN, 0x205f, 0x2070],
  [WIDE_MARK, 0x2070, 0x2e80],
  [CJK, 0x2e80, 0xa000],
  [WIDE_MARK, 0x3001, 0x3040],
  [CJK, 0xac00, 0xd800],
  [CJK, 0xf900, 0xfb00],
  [HIDDEN, 0xfe00, 0xfe10],
  [WIDE_MARK, 0xfe10, 0xfe70],
  [CJK, 0xff01, 0xfff0],
  [WIDE_MARK, 0xfff0, 0x10000],
];
const NEWLINES = [0x0a, 0x0d];
const SPACES = [0x09, 0x20];
/** One by one in blocks of what is seen: hyphens that may be, joiners, fillers, blanks and marks of order. */
const HIDDEN_ONES = [
  0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x1680, 0x17b4, 0x17b5, 0x180e, 0x2800, 0x3000, 0x3164, 0xfeff, 0xffa0,
];

/** The kind of each character below U+10000. */
const KIND_OF = makeKinds();

function makeKinds(): Uint8Array {
  const kinds = new Uint8Array(0x10000).fill(FAR_OTHER);
  for (const [kind, from, end] of RANGES) kinds.fill(kind, from, end);
  for (const unit of HIDDEN_ONES) kinds[unit] = HIDDEN;
  for (const unit of SPACES) kinds[unit] = SPACE;
  for (const unit of NEWLINES) kinds[unit] = NEWLINE;
  return kinds;
}

/** The weight of an answer's characters so far; `weigh` adds to it. Kept as plain numbers: it is written for every frame. */
export interface Weight {
  /** What stood last, so that it does not matter where frames are cut. */
  last: Kind;
  /** UTF-8 bytes of the text. */
  bytes: number;
  /** At most, in parts of a token: of what can be seen, and of white space and hidden characters. */
  seen: number;
  unseen: number;
  /** For sure, in parts. */
  least: number;
  /** U+FFFD: what a home makes of tokens that are no whole character. */
  broken: number;
}

export function makeWeight(): Weight {
  return { last: START, bytes: 0, seen: 0, unseen: 0, least: 0, broken: 0 };
}

/** Adds one character, by its code point; `bytes` of UTF-8. */
export function weigh(weight: Weight, code: number, bytes: number): void {
  const kind = code < 0x10000 ? (KIND_OF[code] ?? 0) : kindBeyond(code);
  const pair = weight.last * KINDS + kind;
  const parts = MOST_OF_PAIR[pair] ?? 0;
  if (kind <= HIDDEN) weight.unseen += parts;
  else weight.seen += parts;
  weight.least += LEAST_OF_PAIR[pair] ?? 0;
  weight.bytes += bytes;
  weight.last = kind;
  if (code === 0xfffd) weight.broken += 1;
}

function kindBeyond(code: number): Kind {
  if (code >= 0xe0000) return HIDDEN;
  return code >= 0x20000 ? CJK : EMOJI;
}

/** Short texts vary most, and little is at stake: so many tokens are bounded by bytes alone. */
const FREE_TOKENS = 16;

/** Tokens that such characters come to at most; never more than one for each `minBytesPerToken`. White space counts no more than what it stands between. */
export function mostTokens({ bytes, seen, unseen }: Weight, minBytesPerToken: number): number {
  const parts = seen + Math.min(unseen, seen + FREE_TOKENS * PARTS);
  return Math.min(Math.floor(bytes / Math.max(1, minBytesPerToken)), FREE_TOKENS + Math.ceil(parts / PARTS));
}

/** The same of a text that the caller wrote: what cannot be seen is work like the rest. */
export function mostPromptTokens({ seen, unseen }: Weight): number {
  return FREE_TOKENS + Math.ceil((seen + unseen) / PARTS);
}

/** Tokens that they come to for sure, unless it is one phrase again and again for which a vocabulary has a single token. */
export function leastTokens({ least }: Weight): number {
  return Math.floor(least / LEAST_PARTS);
}

/** The weight of a whole text. */
export function weighText(text: string): Weight {
  const weight = makeWeight();
  // Not by the text's own iterator, which makes a text of each character.
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) ?? 0;
    if (code >= 0x10000) i++;
    weigh(weight, code, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
  }
  return weight;
}

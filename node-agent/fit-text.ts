// Text that fits a terminal: how wide it stands there, where it breaks, how a fact's lines hang under its name. Pure.

/** Columns of a terminal that nobody has widened. */
export const COLUMNS = 80;
/** Where a fact's text begins, behind its name. */
const FACT_COLUMN = 11;

/** First and last of the code points that take two columns: the wide and full-width ones of East Asia, and pictures. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x11_00, 0x11_5f],
  [0x23_1a, 0x23_1b],
  [0x23_29, 0x23_2a],
  [0x23_e9, 0x23_ec],
  [0x25_fd, 0x25_fe],
  [0x26_14, 0x26_15],
  [0x27_05, 0x27_05],
  [0x27_28, 0x27_28],
  [0x2e_80, 0x30_3e],
  [0x30_41, 0xa4_cf],
  [0xa9_60, 0xa9_7c],
  [0xac_00, 0xd7_a3],
  [0xf9_00, 0xfa_ff],
  [0xfe_10, 0xfe_19],
  [0xfe_30, 0xfe_6f],
  [0xff_00, 0xff_60],
  [0xff_e0, 0xff_e6],
  [0x1_f3_00, 0x1_f6_4f],
  [0x1_f6_80, 0x1_f6_ff],
  [0x1_f9_00, 0x1_f9_ff],
  [0x2_00_00, 0x3_ff_fd],
];
/** Marks over and under the letter before, joiners, and what only says how that is drawn. */
const NO_WIDTH = /^(?:\p{M}|\p{Cf})$/u;

/** Columns that a line takes. */
export function measureWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += measureLetter(letter);
  return width;
}

function measureLetter(letter: string): number {
  const point = letter.codePointAt(0) ?? 0;
  if (point < 0x3_00) return 1;
  if (NO_WIDTH.test(letter)) return 0;
  return WIDE.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}

/** Breaks at spaces; a word that is wider than a line is cut. What strangers wrote moves no cursor: controls become spaces. */
export function wrapText(text: string, width: number = COLUMNS): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of toPlain(text).split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (measureWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const [rest = '', ...full] = cutWord(word, width).toReversed();
    lines.push(...full.toReversed());
    line = rest;
  }
  return [...lines, line];
}

function cutWord(word: string, width: number): string[] {
  const pieces = [''];
  let used = 0;
  for (const letter of word) {
    const takes = measureLetter(letter);
    if (used + takes > width) {
      pieces.push('');
      used = 0;
    }
    pieces[pieces.length - 1] += letter;
    used += takes;
  }
  return pieces;
}

/** One line, its end replaced by `…` where it is too wide. */
export function fitEnd(text: string, width: number): string {
  const plain = toPlain(text);
  if (measureWidth(plain) <= width) return plain;
  const [start = ''] = cutWord(plain, width - 1);
  return `${start}…`;
}

/** Filled up with spaces to so many columns. */
export function padWidth(text: string, width: number): string {
  return `${text}${' '.repeat(Math.max(0, width - measureWidth(text)))}`;
}

/** A fact by its name: `slots      1 of 4 busy`, further lines under the first one's text. */
export function tellFact(name: string, text: string, width: number = COLUMNS, column: number = FACT_COLUMN): string[] {
  return wrapText(text, width - column).map((line, at) => `${(at === 0 ? name : '').padEnd(column)}${line}`.trimEnd());
}

/** Lines that begin with so many spaces. */
export function tellIndented(text: string, indent: number, width: number = COLUMNS): string[] {
  return wrapText(text, width - indent).map((line) => `${' '.repeat(indent)}${line}`);
}

/** Without what would move the terminal's cursor or change its colours. */
function toPlain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the controls
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g, ' ');
}

// Lines for a terminal, none wider than it. Pure.
import { COLUMNS, measureWidth, wrapText } from '../fit-text.ts';

/** A fact's name and the spaces behind it (`slots      `), or what a line is indented by. */
const NAMED = /^(?:[a-z][a-z ]{9} | *\S+(?: \S+)? {2,})(?=\S)/;
const INDENTED = /^ */;
/** A name that is longer leaves no room beside it. */
const MOST_HANG = 30;

/** With a line break behind each; what is too wide goes on under the text of its first line. A router's words must not move the terminal's cursor or change its colours: controls become spaces. */
export function tellLines(lines: readonly string[], width: number = COLUMNS): string {
  return lines.map((line) => `${breakLine(line, width).join('\n')}\n`).join('');
}

/** What a log says, for a terminal: an event's further lines stand a little to the right. Lines of JSON are left whole. */
export function foldLog(text: string, width: number = COLUMNS): string {
  return text
    .split('\n')
    .map((line) => foldEvent(line, width))
    .join('\n');
}

function foldEvent(line: string, width: number): string {
  if (line.startsWith('{') || measureWidth(line) <= width) return line;
  const [first = '', ...rest] = wrapText(line, width - 2);
  return [first, ...rest.map((more) => `  ${more}`)].join('\n');
}

function breakLine(line: string, width: number): string[] {
  const [indent] = INDENTED.exec(line) ?? [''];
  const [name = ''] = NAMED.exec(line) ?? [];
  const isNamed = name !== '' && measureWidth(name) <= MOST_HANG;
  const head = isNamed ? name : indent;
  const hang = isNamed ? measureWidth(name) : indent.length;
  return wrapText(line.slice(head.length), width - hang).map((text, at) =>
    `${at === 0 ? head : ' '.repeat(hang)}${text}`.trimEnd(),
  );
}

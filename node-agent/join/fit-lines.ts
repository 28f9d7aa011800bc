// Text that fits a terminal of 80 columns. Pure.

/** Breaks at spaces; a word that is longer than a line is cut. `width` in columns. */
export function fitLines(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => fitLine(line, width));
}

function fitLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** One line, its end replaced by `…` where it is too long. What strangers wrote moves no cursor: control characters become spaces. */
export function fitLineEnd(text: string, width: number): string {
  // eslint-disable-next-line no-control-regex
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return plain.length <= width ? plain : `${plain.slice(0, width - 1)}…`;
}

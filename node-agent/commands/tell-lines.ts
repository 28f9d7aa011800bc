// Lines for a terminal. Pure.

/** With a line break behind each. A router's words must not move the terminal's cursor or change its colours: controls become spaces. */
export function tellLines(lines: readonly string[]): string {
  // oxlint-disable-next-line no-control-regex -- these are the controls
  return `${lines.map((line) => line.replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, ' ')).join('\n')}\n`;
}

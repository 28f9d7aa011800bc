// What a system says while a conversation goes on, as a part of the user's turn. Pure.

/** Templates of many models take one system message, the first, and break on any other: what it says later stands in the user's turn, by the mark that agents use. */
export function wrapReminder(texts: readonly string[]): string {
  return `<system-reminder>\n${texts.join('\n')}\n</system-reminder>`;
}

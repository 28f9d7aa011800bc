// JSON as it stands in an event: one line to every reader. Pure.

/** Line ends to readers who cut a stream with Python's `splitlines` (httpx, aiohttp wrappers): raw in a text they would begin a line of the home's own. */
const OTHER_LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** A text as JSON that is one line to every reader; half a surrogate pair becomes U+FFFD, since strict readers break at its escape. */
export function quoteText(text: string): string {
  return escapeLines(JSON.stringify(text.isWellFormed() ? text : text.toWellFormed()));
}

export function escapeLines(json: string): string {
  return json.search(OTHER_LINE_ENDS) < 0
    ? json
    : json.replaceAll(OTHER_LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

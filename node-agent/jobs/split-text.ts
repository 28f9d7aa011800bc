// Cuts a long text into pieces that each make a modest event. Pure.

/** Pieces of at most `chars` UTF-16 units that join to the text again; a surrogate pair is never cut in two. `chars` ≥ 2. */
export function splitText(text: string, chars: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(at + chars, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

/** At most `count` pieces of about one length; fewer of a text that has fewer characters. */
export function cutEvenly(text: string, count: number): string[] {
  return splitText(text, Math.max(2, Math.ceil(text.length / count)));
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

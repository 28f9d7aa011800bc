// Where a text falls into two that come to as many tokens apart as together. Pure. Byte-level tokenizers cut a text by a pattern first (GPT-2's, or one
// made from it) and never join tokens across its pieces. In none of these patterns does a piece go on from a character that is no white space to a space,
// from a letter or a digit to white space, or from a letter to punctuation; and none looks back.

const SEAM = /(?<=\S)(?= )|(?<=[\p{L}\p{N}])(?=\s)|(?<=\p{L})(?=[\p{P}\p{S}])/gu;

/** The last such place, 0 where there is none. */
export function findLastSeam(text: string): number {
  for (let at = text.lastIndexOf(' '); at > 0; at = text.lastIndexOf(' ', at - 1))
    if (!isSpace(text.charCodeAt(at - 1))) return at;
  let last = 0;
  for (const { index } of text.matchAll(SEAM)) last = index;
  return last;
}

/** The first one, 0 where there is none. */
export function findFirstSeam(text: string): number {
  return Math.max(0, text.search(SEAM));
}

function isSpace(unit: number): boolean {
  return /\s/.test(String.fromCharCode(unit));
}

// Token ids to text for byte-level BPE, without ever showing half a character. Pure.

/** The bytes that one vocabulary entry stands for; undefined for an id outside the vocabulary. */
export type TokenBytes = (id: number) => Uint8Array | undefined;

/**
 * The byte-level alphabet: each byte has a printable character of its own, so that any text can stand in a vocabulary
 * (as defined by GPT-2's encoder: printable Latin-1 stands for itself, the rest is moved to U+0100 and up in order).
 */
function makeByteAlphabet(): Map<string, number> {
  const alphabet = new Map<string, number>();
  let moved = 0;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
    alphabet.set(String.fromCodePoint(printable ? byte : 256 + moved), byte);
    if (!printable) moved += 1;
  }
  return alphabet;
}

/** A look-up from id to bytes. `vocab` maps entry to id; control tokens (`special`) stand for no text. */
export function indexTokenBytes(vocab: ReadonlyMap<string, number>, special: ReadonlySet<number>): TokenBytes {
  const alphabet = makeByteAlphabet();
  const table: (Uint8Array | undefined)[] = [];
  for (const [entry, id] of vocab) {
    const bytes = special.has(id) ? [] : Array.from(entry, (character) => alphabet.get(character) ?? 63);
    table[id] = Uint8Array.from(bytes);
  }
  return (id) => table[id];
}

/** How many bytes at the end belong to a character that is not whole yet (0–3). Bytes that can never become one count as whole. */
export function countOpenBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte >= 0x80 && byte < 0xc0) continue;
    const needed = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    return byte < 0xf5 && needed > back ? back : 0;
  }
  return 0;
}

/** Where the earliest of the stop strings begins in `text`, or −1. */
export function findStop(text: string, stops: readonly string[]): number {
  let first = -1;
  for (const stop of stops) {
    const at = stop === '' ? -1 : text.indexOf(stop);
    if (at >= 0 && (first < 0 || at < first)) first = at;
  }
  return first;
}

/** Where a tail of `text` begins that may still grow into a stop string; the text's length when there is none. */
export function findHold(text: string, stops: readonly string[]): number {
  let hold = text.length;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > text.length - hold; length -= 1) {
      if (text.endsWith(stop.slice(0, length))) hold = text.length - length;
    }
  }
  return hold;
}

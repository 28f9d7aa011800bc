// Texts with addresses, hashes and numbers in them, as a page shows those: each by itself, so that its style may break it anywhere. Only ever text.

const CODES = /(0x[0-9a-f]{8,}|\b(?:rcpt|job|node)_[0-9a-f]{8,}(?:_\d+)?)/;

/** What a page puts in place of the text. */
export function codedText(text: string): (string | HTMLElement)[] {
  // Every second one is what the pattern caught.
  return text.split(CODES).map((piece, i) => {
    if (i % 2 === 0) return piece;
    const code = document.createElement('code');
    code.textContent = piece;
    return code;
  });
}

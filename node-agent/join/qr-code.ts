// A QR code in half blocks, for a telephone's camera. Loads uqr when one is drawn.

/** Lines of at most 60 columns; none where the address is too long for a code that fits. */
export async function drawQr(text: string): Promise<string[]> {
  const { renderUnicodeCompact } = await import('uqr');
  const lines = renderUnicodeCompact(text, { border: 1, ecc: 'L' }).split('\n');
  return lines.some((line) => line.length > 60) ? [] : lines;
}

// The one door to secp256k1 and keccak-256. What stands behind it is chosen once, when a process starts: libsecp256k1 as WebAssembly, a native addon of
// it, or @noble, which is there without being chosen and is what the others are held against. Nothing here trusts a library with the form of a
// signature: that is looked at before (typed-data.ts).
import { fromHex, toHex } from './bytes.ts';
import type { Curve } from './curve.ts';
import { NOBLE_CURVE } from './noble-curve.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';

let current: Curve = NOBLE_CURVE;

/** The implementation that this process works with. */
export function getCurve(): Curve {
  return current;
}

/** keccak-256 of any bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return current.hash(bytes);
}

/**
 * Opens an implementation and works with it from now on, if it answers as it should; otherwise the one before stays, and the error says what was
 * wrong: `wrong-answer` or the name of what was thrown. For a process's start.
 */
export function useCurve(open: () => Curve): Result<Curve['name'], string> {
  try {
    const curve = open();
    if (!answersRightly(curve)) return err('wrong-answer');
    current = curve;
    return ok(curve.name);
  } catch (error) {
    return err(error instanceof Error ? error.name : typeof error);
  }
}

/** Made with @noble/curves; viem gives the same (chosen-curve.test.ts). */
const KNOWN = {
  // Longer than one block of the hash, and than two.
  text: 'irori, the hearth in the middle. '.repeat(10),
  hash: '0x093d5d0e970ecac72aefe2a20de192eda62c807ee54556f850b6facc3ab533a2',
  privateKey: `0x${'1b'.repeat(32)}`,
  publicKey:
    '0x74306da530af516569ccc486261db3dd67a4ee87f11c96c8ac14725dc07f293e2ad2e3ac91a3c833e7b297ad1303e833685849baf810e9695026e8d743d3f299',
  signature:
    '0x11d8addf44329630b7808cfee866d598f7eebd470b50528913cfdb04d44ed53a2bc509b1f296b8f0278007cd8c3f7b50b5f3bd4f70da237ca309e11df0b34e6800',
};
/** r is no point's x: nobody can have signed this. */
const NO_POINT = `0x${'0'.repeat(63)}5${'0'.repeat(63)}100`;

function answersRightly(curve: Curve): boolean {
  const privateKey = fromHex(KNOWN.privateKey);
  const digest = curve.hash(new TextEncoder().encode(KNOWN.text));
  const recovered = curve.recover(digest, fromHex(KNOWN.signature));
  return (
    toHex(digest) === KNOWN.hash &&
    toHex(curve.derive(privateKey)) === KNOWN.publicKey &&
    toHex(curve.sign(digest, privateKey)) === KNOWN.signature &&
    recovered !== null &&
    toHex(recovered) === KNOWN.publicKey &&
    curve.recover(digest, fromHex(NO_POINT)) === null
  );
}

// libsecp256k1 as a native addon (npm's secp256k1). It has no keccak: that comes from beside it.
import type { Curve } from '../../schema/curve.ts';

/** What is used of `secp256k1/bindings.js`. */
export interface Addon {
  readonly ecdsaSign: (digest: Uint8Array, privateKey: Uint8Array) => { signature: Uint8Array; recid: number };
  /** Throws where there is no key. */
  readonly ecdsaRecover: (signature: Uint8Array, recid: number, digest: Uint8Array, compressed: false) => Uint8Array;
  readonly publicKeyCreate: (privateKey: Uint8Array, compressed: false) => Uint8Array;
}

/** The addon's public keys have the 65 bytes 4 ‖ x ‖ y. */
export function makeNativeCurve(addon: Addon, hash: Curve['hash']): Curve {
  return {
    name: 'native',
    hash,
    sign: (digest, privateKey) => {
      const { signature, recid } = addon.ecdsaSign(digest, privateKey);
      const signed = new Uint8Array(65);
      signed.set(signature);
      signed[64] = recid;
      return signed;
    },
    recover: (digest, signature) => {
      try {
        return addon.ecdsaRecover(signature.subarray(0, 64), signature[64] ?? 0, digest, false).subarray(1);
      } catch {
        return null;
      }
    },
    derive: (privateKey) => addon.publicKeyCreate(privateKey, false).subarray(1),
  };
}

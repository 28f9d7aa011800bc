// secp256k1 and keccak-256 in plain JavaScript, by @noble: works everywhere, at ten times the cost.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concatBytes } from './bytes.ts';
import type { Curve } from './curve.ts';

export const NOBLE_CURVE: Curve = {
  name: 'noble',
  hash: keccak_256,
  sign: (digest, privateKey) => {
    const recovered = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' });
    return concatBytes([recovered.subarray(1), recovered.subarray(0, 1)]);
  },
  recover: (digest, signature) => {
    const recovered = concatBytes([signature.subarray(64), signature.subarray(0, 64)]);
    try {
      const parsed = secp256k1.Signature.fromBytes(recovered, 'recovered');
      return parsed.recoverPublicKey(digest).toBytes(false).subarray(1);
    } catch {
      return null;
    }
  },
  derive: (privateKey) => secp256k1.getPublicKey(privateKey, false).subarray(1),
};

// What the network needs of secp256k1 and keccak-256, whoever does it.

/** An implementation. Digests and private keys are 32 bytes; every answer is a new array. */
export interface Curve {
  /** For log lines and figures. */
  readonly name: 'noble' | 'wasm' | 'native';
  /** keccak-256: 32 bytes. */
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  /** 65 bytes r ‖ s ‖ recovery (0 or 1), low-s, with the nonce of RFC 6979. Throws for a private key that is none. */
  readonly sign: (digest: Uint8Array, privateKey: Uint8Array) => Uint8Array;
  /** The public key (64 bytes x ‖ y) whose signature (65 bytes, as `sign` gives it) this is over a digest; null when there is none. */
  readonly recover: (digest: Uint8Array, signature: Uint8Array) => Uint8Array | null;
  /** The public key (64 bytes x ‖ y) of a private one. Throws for a private key that is none. */
  readonly derive: (privateKey: Uint8Array) => Uint8Array;
}

import { expect, test } from 'vitest';
import { encodeNodeProof, isProofFresh, makeProofNonce, parseNodeProof, PROOF_LIFE_MS } from './node-proof.ts';

const NOW = 1_800_000_000_000;
const proof = {
  nodeId: `node_${'0a'.repeat(16)}`,
  nonce: makeProofNonce(NOW, new Uint8Array(24).fill(255)),
  signature: `0x${'0f'.repeat(65)}`,
} as const;

test('a proof reads back as it was written', () => {
  expect(parseNodeProof(encodeNodeProof(proof))).toEqual(proof);
});

test('anything else is no proof', () => {
  const text = encodeNodeProof(proof);
  for (const other of [
    '',
    'irori_key',
    'a.b.c',
    text.toUpperCase(),
    `${text}0`,
    text.replace('node_', 'acct_'),
    ` ${text}`,
  ])
    expect(parseNodeProof(other)).toBeNull();
});

test('a nonce holds its time to the ms, whatever the random bytes', () => {
  expect(proof.nonce).toHaveLength(66);
  expect(isProofFresh(proof.nonce, NOW + PROOF_LIFE_MS)).toBe(true);
  expect(isProofFresh(proof.nonce, NOW + PROOF_LIFE_MS + 1)).toBe(false);
  expect(isProofFresh(proof.nonce, NOW - PROOF_LIFE_MS)).toBe(true);
  expect(isProofFresh(`0x${'ff'.repeat(32)}`, NOW)).toBe(false);
});

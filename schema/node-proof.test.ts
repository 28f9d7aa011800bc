import { expect, test } from 'vitest';
import {
  bindProof,
  encodeNodeProof,
  isProofFresh,
  isProofOf,
  makeProofNonce,
  parseNodeProof,
  PROOF_LIFE_MS,
} from './node-proof.ts';

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

test('a proof of one call is of no other, and one of no call is of none', () => {
  const nonce = makeProofNonce(NOW, bindProof('POST', '/node/v1/leave'));
  expect(isProofOf(nonce, 'POST', '/node/v1/leave')).toBe(true);
  expect(isProofOf(nonce, 'POST', '/node/v1/move')).toBe(false);
  expect(isProofOf(nonce, 'PATCH', '/node/v1/leave')).toBe(false);
  expect(isProofOf(proof.nonce, 'POST', '/node/v1/leave')).toBe(false);
  expect(isProofFresh(nonce, NOW)).toBe(true);
});

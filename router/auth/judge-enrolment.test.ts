import { keccak_256 } from '@noble/hashes/sha3.js';
import { expect, test } from 'vitest';
import { foldEnrolmentCode } from '../../schema/enrolment-code.ts';
import { makeMessageSigner, NODE_ENROL, NODE_HELLO } from '../../schema/receipt.ts';
import { addressOfPrivateKey, ZERO_ADDRESS, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { checkEnrolProof, checkNodeHello } from './check-node-hello.ts';
import { judgeEnrolment, tellEnrolFault } from './judge-enrolment.ts';
import type { EnrolFault, EnrolmentRow } from './judge-enrolment.ts';
import { digestEnrolmentCode, hashEnrolmentCode, makeEnrolmentCode } from './make-enrolment-code.ts';

const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
const key = keccak_256(Uint8Array.of(1));
const address = addressOfPrivateKey(key);
const stranger = keccak_256(Uint8Array.of(2));
const enrolment: EnrolmentRow = {
  accountId: 'acct_1',
  wallet: null,
  expiresAt: 100,
  uses: 1,
  used: 0,
  isUsedByNode: false,
  isOwnerDisabled: false,
};
const existing = { accountId: 'acct_1', revokedAt: null };

test('a fresh code may be claimed, also by a home of the same owner', () => {
  expect(judgeEnrolment({ enrolment, existing: null, now: 1 })).toEqual({ ok: true, value: 'claim' });
  expect(judgeEnrolment({ enrolment, existing, now: 1 })).toEqual({ ok: true, value: 'claim' });
});

test('the home that used a code may repeat it while it lives', () => {
  const used = { ...enrolment, used: 1, isUsedByNode: true };
  expect(judgeEnrolment({ enrolment: used, existing, now: 2 })).toEqual({
    ok: true,
    value: 'repeat',
  });
  expect(judgeEnrolment({ enrolment: used, existing, now: 100 })).toEqual({
    ok: false,
    error: 'code-expired',
  });
});

test('a code of ten uses may be claimed until ten have', () => {
  const judge = (used: number) =>
    judgeEnrolment({ enrolment: { ...enrolment, uses: 10, used }, existing: null, now: 1 });
  expect(judge(9)).toEqual({ ok: true, value: 'claim' });
  expect(judge(10)).toEqual({ ok: false, error: 'code-used' });
});

test.each<[EnrolFault, Partial<Parameters<typeof judgeEnrolment>[0]>]>([
  ['unknown-code', { enrolment: null }],
  ['owner-disabled', { enrolment: { ...enrolment, isOwnerDisabled: true } }],
  ['code-used', { enrolment: { ...enrolment, used: 1 } }],
  ['code-expired', { now: 100 }],
  ['other-owner', { existing: { accountId: 'acct_2', revokedAt: null } }],
  ['node-revoked', { existing: { accountId: 'acct_1', revokedAt: 5 } }],
])('%s is refused', (error, facts) => {
  expect(judgeEnrolment({ enrolment, existing: null, now: 1, ...facts })).toEqual({
    ok: false,
    error,
  });
  expect(tellEnrolFault(error).message).toMatch(/\.$/);
});

test('codes are readable, distinct, and read as they were made', () => {
  const code = makeEnrolmentCode(crypto.getRandomValues(new Uint8Array(20)));
  expect(foldEnrolmentCode(code)).toBe(code);
  expect(makeEnrolmentCode(crypto.getRandomValues(new Uint8Array(20)))).not.toBe(code);
  expect(hashEnrolmentCode(code)).toMatch(/^[0-9a-f]{64}$/);
  expect(() => makeEnrolmentCode(new Uint8Array(19))).toThrow(RangeError);
});

test('an enrolment is proven by the key of its address over this very code', () => {
  const code = makeEnrolmentCode(new Uint8Array(20).fill(3));
  const origin = 'https://irori.example';
  const sign = (by: Uint8Array, text: string, change: object = {}) =>
    signer.sign(
      NODE_ENROL,
      { code: digestEnrolmentCode(text), node: address, wallet: ZERO_ADDRESS, origin, ...change },
      by,
    );
  const proof = { code, address, origin, wallet: null };
  expect(checkEnrolProof(signer, { ...proof, signature: sign(key, code) })).toBe(true);
  expect(checkEnrolProof(signer, { ...proof, signature: sign(stranger, code) })).toBe(false);
  expect(checkEnrolProof(signer, { ...proof, signature: sign(key, 'enr_0000-0000-0000-0000-0000') })).toBe(false);
  expect(checkEnrolProof(signer, { ...proof, signature: sign(key, code, { origin: 'https://evil.example' }) })).toBe(
    false,
  );
  expect(checkEnrolProof(signer, { ...proof, signature: sign(key, code, { wallet: address }) })).toBe(false);
  expect(checkEnrolProof(signer, { ...proof, wallet: address, signature: sign(key, code) })).toBe(false);
});

test('a hello is proven by the key of its address over this very challenge', () => {
  const origin = 'https://irori.example';
  const hello = { nonce: ZERO_WORD, address, protocol: 1, origin };
  const sign = (by: Uint8Array, change: object = {}) =>
    signer.sign(NODE_HELLO, { nonce: ZERO_WORD, node: address, protocol: 1, origin, ...change }, by);
  expect(checkNodeHello(signer, { ...hello, signature: sign(key) })).toBe(true);
  expect(checkNodeHello(signer, { ...hello, signature: sign(stranger) })).toBe(false);
  expect(checkNodeHello(signer, { ...hello, signature: sign(key, { nonce: `0x${'11'.repeat(32)}` }) })).toBe(false);
  expect(checkNodeHello(signer, { ...hello, signature: sign(key, { protocol: 2 }) })).toBe(false);
  const elsewhere = sign(key, { origin: 'https://evil.example' });
  expect(checkNodeHello(signer, { ...hello, signature: elsewhere })).toBe(false);
  expect(checkNodeHello(signer, { ...hello, signature: '0x' })).toBe(false);
});

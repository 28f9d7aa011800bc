import { expect, test } from 'vitest';
import { hashVerifier, judgeDecision, judgeToken, LINK_PACE_MS } from './judge-link.ts';
import type { LinkRow } from './judge-link.ts';

const NOW = 1_800_000_000_000;
const verifier = 'v'.repeat(43);
const LINK: LinkRow = {
  state: 'pending',
  challenge: hashVerifier(verifier),
  expiresAt: NOW + 1,
  askedAt: 0,
  wrong: 0,
  accountId: null,
};
const token = (some: Partial<LinkRow>, proof = verifier) => {
  const judged = judgeToken({ ...LINK, ...some }, { verifier: proof, now: NOW });
  return judged.ok ? 'ok' : judged.error;
};
const decide = (some: Partial<LinkRow>, wanted: 'approved' | 'denied' = 'approved', accountId = 'a') => {
  const judged = judgeDecision({ ...LINK, ...some }, { wanted, accountId, now: NOW });
  return judged.ok ? judged.value : judged.error;
};

test('a verifier is held against base64url of its SHA-256', () => {
  // RFC 7636, appendix B.
  expect(hashVerifier('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  );
});

test('a machine waits until somebody decides, and not sooner than it was told to ask again', () => {
  expect(token({})).toBe('pending');
  expect(token({ askedAt: NOW - 1000 })).toBe('slow-down');
  expect(token({ askedAt: NOW - LINK_PACE_MS })).toBe('pending');
  expect(token({ state: 'approved', accountId: 'a', askedAt: NOW - 1 })).toBe('ok');
  expect(token({ state: 'denied' })).toBe('denied');
  expect(token({ state: 'used' })).toBe('used');
});

test('a link that is over gives nothing, approved or not', () => {
  expect(token({ expiresAt: NOW })).toBe('expired');
  expect(token({ state: 'approved', expiresAt: NOW })).toBe('expired');
  expect(judgeToken(null, { verifier, now: NOW })).toEqual({ ok: false, error: 'unknown' });
});

test('who has the device’s code and not the verifier learns nothing, and after five tries it is burnt for all', () => {
  expect(token({ state: 'approved' }, 'w'.repeat(43))).toBe('wrong-verifier');
  expect(token({ state: 'denied' }, 'w'.repeat(43))).toBe('wrong-verifier');
  expect(token({ state: 'approved', wrong: 5 })).toBe('denied');
  expect(decide({ wrong: 5 })).toBe('expired');
});

test('a decision stands: its own account may say it again, and nobody anything else', () => {
  expect(decide({})).toBe('new');
  expect(decide({ expiresAt: NOW })).toBe('expired');
  expect(decide({ state: 'approved', accountId: 'a' })).toBe('same');
  expect(decide({ state: 'used', accountId: 'a' })).toBe('same');
  expect(decide({ state: 'approved', accountId: 'b' })).toBe('decided');
  expect(decide({ state: 'denied', accountId: 'a' })).toBe('decided');
  expect(decide({ state: 'approved', accountId: 'a' }, 'denied')).toBe('decided');
  expect(judgeDecision(null, { wanted: 'denied', accountId: 'a', now: NOW })).toEqual({ ok: false, error: 'unknown' });
});

import { expect, test } from 'vitest';
import { findPasskeyPlace, makeAddOptions, makeSignInOptions } from './make-passkey-options.ts';

test.each([
  ['https://irori.example/sign-in', { origin: 'https://irori.example', rpId: 'irori.example' }],
  ['http://localhost:8787/', { origin: 'http://localhost:8787', rpId: 'localhost' }],
  ['http://127.0.0.1:8787/', null],
  ['https://192.0.2.1/', null],
  ['https://[::1]/', null],
  ['http://irori.example/', null],
])('%s has passkeys of %o', (url, place) => {
  expect(findPasskeyPlace(url)).toEqual(place);
});

test('a key is asked for that finds itself, verifies its owner, and is not there yet', () => {
  const person = { id: 'person_00ff', name: 'Hanako', email: null };
  expect(makeAddOptions({ rpId: 'localhost', challenge: 'c', person, known: ['k'] })).toMatchObject({
    rp: { id: 'localhost' },
    user: { id: '00ff', name: 'Hanako' },
    attestation: 'none',
    excludeCredentials: [{ type: 'public-key', id: 'k' }],
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  expect(makeSignInOptions({ rpId: 'localhost', challenge: 'c' })).toMatchObject({
    userVerification: 'required',
    allowCredentials: [],
  });
});

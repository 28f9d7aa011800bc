import { expect, test } from 'vitest';
import { readChallenge } from './read-challenge.ts';

const challenge = 'A'.repeat(43);
const answer = (data: unknown): unknown => ({
  id: 'key',
  type: 'public-key',
  response: { clientDataJSON: Buffer.from(JSON.stringify(data)).toString('base64url'), signature: 'kept' },
});

test('what an authenticator sent is read for its challenge, and kept as it is', () => {
  const said = answer({ type: 'webauthn.get', challenge, origin: 'http://localhost' });
  expect(readChallenge(said)).toEqual({ challenge, response: said });
});

test.each([
  ['nothing', undefined],
  ['no object', 'text'],
  ['another type', { ...(answer({ challenge }) as object), type: 'password' }],
  ['no JSON', { id: 'key', type: 'public-key', response: { clientDataJSON: '!!' } }],
  ['a challenge that none of ours can be', answer({ challenge: 'A' })],
  ['a challenge that is no text', answer({ challenge: { $ne: null } })],
])('%s is none', (_, said) => {
  expect(readChallenge(said)).toBeNull();
});

// The Worker that verifies what authenticators sign. Keeps nothing, reads nothing, and decides nothing else: challenges, counters and sessions are the router's.
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { AuthenticationResponseJSON, RegistrationResponseJSON, WebAuthnCredential } from '@simplewebauthn/server';
import { encodeBase64, decodeBase64 } from '../../schema/base64.ts';
import { passkeyQuestion } from '../../schema/passkey-check.ts';
import type { PasskeyCredential, PasskeyQuestion, PasskeyVerdict } from '../../schema/passkey-check.ts';

export default {
  /** POST of a {@link PasskeyQuestion}; answers a {@link PasskeyVerdict}. */
  async fetch(request: Request): Promise<Response> {
    const asked = passkeyQuestion.safeParse(await request.json().catch(() => null));
    if (!asked.success) return Response.json({ credential: null, reason: 'not understood' } satisfies PasskeyVerdict);
    return Response.json(await judge(asked.data));
  },
};

/** The library throws where something is not as it must be. */
async function judge(asked: PasskeyQuestion): Promise<PasskeyVerdict> {
  try {
    const credential = asked.kind === 'add' ? await verifyNew(asked) : await verifyKnown(asked);
    return credential ? { credential } : { credential: null, reason: 'the signature is wrong' };
  } catch (error) {
    return { credential: null, reason: error instanceof Error ? error.message : String(error) };
  }
}

const expected = ({ challenge, origin, rpId }: PasskeyQuestion) => ({
  expectedChallenge: challenge,
  expectedOrigin: origin,
  expectedRPID: rpId,
  requireUserVerification: true,
});

async function verifyNew(asked: PasskeyQuestion): Promise<PasskeyCredential | null> {
  const response = asked.response as unknown as RegistrationResponseJSON;
  const { verified, registrationInfo } = await verifyRegistrationResponse({ response, ...expected(asked) });
  if (!verified || !registrationInfo) return null;
  const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
  return { id, publicKey: toUrlBase64(publicKey), counter, transports: [...transports] };
}

async function verifyKnown(asked: PasskeyQuestion & { readonly kind: 'sign-in' }): Promise<PasskeyCredential | null> {
  const { id, publicKey, counter } = asked.credential;
  const credential = { id, publicKey: fromUrlBase64(publicKey), counter } as WebAuthnCredential;
  const response = asked.response as unknown as AuthenticationResponseJSON;
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response,
    credential,
    ...expected(asked),
  });
  return verified ? { ...asked.credential, counter: authenticationInfo.newCounter } : null;
}

function toUrlBase64(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromUrlBase64(text: string): Uint8Array {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/');
  return decodeBase64(plain.padEnd(Math.ceil(plain.length / 4) * 4, '='));
}

// What a browser is asked to ask an authenticator for, as JSON of WebAuthn level 3. Pure.

/** Ed25519, P-256, RSA: what authenticators have. */
const ALGORITHMS = [-8, -7, -257];
const TIMEOUT_MS = 240_000;

/** Where the page stands: a key is good for that name alone. */
export interface PasskeyPlace {
  readonly origin: string;
  readonly rpId: string;
}

/** Null where there are no passkeys: browsers have none for addresses of numbers. */
export function findPasskeyPlace(url: string): PasskeyPlace | null {
  const { origin, hostname, protocol } = new URL(url);
  const isNumbers = hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
  const isSafe = protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost');
  return isNumbers || !isSafe ? null : { origin, rpId: hostname };
}

export function makeAddOptions(asked: {
  readonly rpId: string;
  readonly challenge: string;
  readonly person: { readonly id: string; readonly name: string; readonly email: string | null };
  /** Ids of keys that the person has already: none of them is made twice. */
  readonly known: readonly string[];
}): object {
  const { rpId, challenge, person, known } = asked;
  return {
    rp: { id: rpId, name: 'Irori' },
    // Told to nobody who does not sign in: the hex digits of an id are base64url as they stand.
    user: { id: person.id.slice('person_'.length), name: person.email ?? person.name, displayName: person.name },
    challenge,
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: TIMEOUT_MS,
    attestation: 'none',
    excludeCredentials: known.map((id) => ({ type: 'public-key', id })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
  };
}

/** For whoever has a key of this place: who that is the key says. */
export function makeSignInOptions({ rpId, challenge }: { readonly rpId: string; readonly challenge: string }): object {
  return { rpId, challenge, timeout: TIMEOUT_MS, userVerification: 'required', allowCredentials: [] };
}

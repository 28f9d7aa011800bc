// Which challenge an authenticator's answer says it signed, read before it is believed: it names what to take, and is compared again when it is verified. Pure.
import * as z from 'zod';
import { decodeBase64 } from '../../schema/base64.ts';
import { parseJson } from '../../schema/json.ts';

const responseShape = z.looseObject({
  id: z.string().min(1).max(1400),
  type: z.literal('public-key'),
  response: z.looseObject({ clientDataJSON: z.string().max(8000) }),
});
const clientData = z.looseObject({ challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });

/** Null for what no authenticator sends. */
export function readChallenge(
  said: unknown,
): { readonly challenge: string; readonly response: z.output<typeof responseShape> } | null {
  const response = responseShape.safeParse(said);
  if (!response.success) return null;
  const text = decodeText(response.data.response.clientDataJSON);
  const data = clientData.safeParse(text === null ? null : parseJson(text));
  return data.success ? { challenge: data.data.challenge, response: response.data } : null;
}

function decodeText(urlBase64: string): string | null {
  try {
    const plain = urlBase64.replaceAll('-', '+').replaceAll('_', '/');
    return new TextDecoder().decode(decodeBase64(plain.padEnd(Math.ceil(plain.length / 4) * 4, '=')));
  } catch {
    return null;
  }
}

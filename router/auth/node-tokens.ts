// The door to jose: short-lived signed tokens that let a node reconnect without a look-up in D1. They say who it is and who owns it, which never
// changes; what it lends itself to, and whether it may be here, its hub asks of the node's own object.
import { errors, jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { word } from '../../schema/typed-data.ts';

/** How long a node may dial in without the books being asked who it is. */
export const NODE_TOKEN_LIFE_MS = 600_000;

const ISSUER = 'irori-router';
const AUDIENCE = 'irori-node-link';

/** Who a node is and who owns it. */
export interface NodeClaims {
  readonly nodeId: string;
  readonly address: Hex;
  /** The owner's account. */
  readonly accountId: string;
}

export interface NodeTokens {
  readonly issue: (claims: NodeClaims, now: number) => Promise<{ readonly token: string; readonly untilAt: number }>;
  readonly verify: (token: string, now: number) => Promise<Result<NodeClaims, 'bad-token' | 'expired-token'>>;
}

const payloadSchema = z.object({
  sub: z.string(),
  adr: word.address,
  acc: z.string(),
});

/** HS256: issued under NODE_TOKEN_SECRET, and taken under `previous` (NODE_TOKEN_SECRET_PREVIOUS) too while that is being changed. */
export function makeNodeTokens(secret: string, previous?: string): NodeTokens {
  const key = new TextEncoder().encode(secret);
  const before = previous === undefined ? null : new TextEncoder().encode(previous);
  return {
    issue: async (claims, now) => {
      const untilAt = now + NODE_TOKEN_LIFE_MS;
      const { address: adr, accountId: acc } = claims;
      const token = await new SignJWT({ adr, acc })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(claims.nodeId)
        .setIssuedAt(Math.floor(now / 1000))
        .setExpirationTime(Math.floor(untilAt / 1000))
        .sign(key);
      return { token, untilAt };
    },
    verify: async (token, now) => {
      const read = await verifyUnder(key, token, now);
      return read.ok || before === null || read.error === 'expired-token' ? read : verifyUnder(before, token, now);
    },
  };
}

async function verifyUnder(
  key: Uint8Array,
  token: string,
  now: number,
): Promise<Result<NodeClaims, 'bad-token' | 'expired-token'>> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'sub'],
    });
    const read = payloadSchema.safeParse(payload);
    if (!read.success) return err('bad-token');
    const { sub, adr, acc } = read.data;
    return ok({ nodeId: sub, address: adr, accountId: acc });
  } catch (error) {
    return err(error instanceof errors.JWTExpired ? 'expired-token' : 'bad-token');
  }
}

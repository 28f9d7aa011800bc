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

/** HS256 under NODE_TOKEN_SECRET. */
export function makeNodeTokens(secret: string): NodeTokens {
  const key = new TextEncoder().encode(secret);
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
    },
  };
}

// POST /node/enrol: a home joins its owner's account with a code and proves that it holds its session key.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { MIN_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../schema/frames.ts';
import { word } from '../../schema/typed-data.ts';
import type { AppEnv } from './app-env.ts';
import { tellEnrolFault } from '../auth/judge-enrolment.ts';
import { foldEnrolmentCode } from '../../schema/enrolment-code.ts';
import { ApiError } from '../errors.ts';
import { addressField } from '../auth/bodies.ts';
import { readInput } from './admin-input.ts';
import { tellStanding } from './tell-standing.ts';
import { requireCalm, slowDown } from './wrong-attempts.ts';

export const enrolBody = z.strictObject({
  /** However its owner typed it: the signature is over the text as it came. */
  code: z.string().refine((text) => foldEnrolmentCode(text) !== null, "must look like 'enr_XXXX-XXXX-XXXX-XXXX-XXXX'"),
  address: word.address,
  signature: word.signature,
  wallet: addressField.nullish(),
  /** Not sent by agents of version 1, which sign for no router in particular. */
  protocol: z.number().int().optional(),
  origin: z.string().max(300).optional(),
});

export const OUTDATED = `The agent is too old for this router, which speaks version ${PROTOCOL_VERSION} of the protocol. Update it: npm install -g irori-node@latest.`;
/** Six short fields. Anyone may send them. */
const MAX_BYTES = 4096;

export const nodeEnrol = new Hono<AppEnv>();

nodeEnrol.post('/node/enrol', async (c) => c.json(await enrolHome(c, await readEnrolment(c))));

async function readEnrolment(c: Context<AppEnv>): Promise<z.output<typeof enrolBody>> {
  requireCalm(c, 'enrol');
  return readInput(c, enrolBody, MAX_BYTES);
}

/** Throws ApiError 400, 403, 409 or 429. The same again is told the same. */
export async function enrolHome(
  c: Context<AppEnv>,
  { code, address, signature, wallet, protocol = 1, origin = '' }: z.output<typeof enrolBody>,
): Promise<EnrolledHome> {
  if (protocol < MIN_PROTOCOL_VERSION) throw new ApiError('node_outdated', OUTDATED, { param: 'protocol' });
  const services = c.get('services');
  const origins = services.ownOrigins(c.req.url);
  if (!origins.includes(origin)) throw refuseOrigin(origin, origins);
  const now = Date.now();
  const enrolled = await services.nodes.enrol({ code, address, signature, wallet: wallet ?? null, origin }, now);
  if (!enrolled.ok) {
    await slowDown(c, 'enrol');
    const told = tellEnrolFault(enrolled.error);
    throw new ApiError(told.code, told.message, { param: told.param });
  }
  const { id, accountId, name } = enrolled.value;
  // A node that was here before may lend itself otherwise by this code.
  await tellStanding(services, id);
  const { token, untilAt } = await services.nodeTokens.issue({ nodeId: id, address, accountId }, now);
  return { node: id, account: accountId, name, token, token_until_at: untilAt };
}

export interface EnrolledHome {
  readonly node: string;
  readonly account: string;
  readonly name: string | null;
  readonly token: string;
  readonly token_until_at: number;
}

/** What was signed is for another router, or the operator has not listed the address that the home dialled. */
function refuseOrigin(origin: string, origins: readonly string[]): ApiError {
  const told = `The node signed for '${origin}', and this router is ${origins.join(' or ')}. Dial one of these, or have its operator list yours.`;
  return new ApiError('forbidden', told, { param: 'origin' });
}

// POST /node/enrol: a home joins its owner's account with a code and proves that it holds its session key.
import { Hono } from 'hono';
import * as z from 'zod';
import { word } from '../../schema/typed-data.ts';
import type { AppEnv } from './app-env.ts';
import { tellEnrolFault } from '../auth/judge-enrolment.ts';
import { isEnrolmentCode } from '../auth/make-enrolment-code.ts';
import { ApiError } from '../errors.ts';
import { addressField, readInput } from './admin-input.ts';
import { tellStanding } from './tell-standing.ts';

const enrolBody = z.strictObject({
  code: z.string().refine(isEnrolmentCode, "must look like 'enr_XXXX-XXXX-XXXX-XXXX-XXXX'"),
  address: word.address,
  signature: word.signature,
  wallet: addressField.nullish(),
});

export const nodeEnrol = new Hono<AppEnv>();

nodeEnrol.post('/node/enrol', async (c) => {
  const { code, address, signature, wallet } = await readInput(c, enrolBody);
  const services = c.get('services');
  const now = Date.now();
  const enrolled = await services.nodes.enrol({ code, address, signature, wallet: wallet ?? null }, now);
  if (!enrolled.ok) {
    const told = tellEnrolFault(enrolled.error);
    throw new ApiError(told.code, told.message, { param: told.param });
  }
  const { id, accountId } = enrolled.value;
  // A node that was here before may lend itself otherwise by this code.
  await tellStanding(services, id);
  const { token, untilAt } = await services.nodeTokens.issue({ nodeId: id, address, accountId }, now);
  return c.json({ node: id, account: accountId, token, token_until_at: untilAt });
});

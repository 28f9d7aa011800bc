// POST /node/enrol: a home joins its owner's account with a code and proves that it holds its session key.
import { Hono } from 'hono';
import * as z from 'zod';
import { word } from '../../schema/typed-data.ts';
import type { AppEnv } from './app-env.ts';
import { poolsOf } from '../auth/nodes.ts';
import { tellEnrolFault } from '../auth/judge-enrolment.ts';
import { isEnrolmentCode } from '../auth/make-enrolment-code.ts';
import { ApiError } from '../errors.ts';
import { addressField, readInput } from './admin-input.ts';
import { requireCalm, slowDown } from './wrong-attempts.ts';

const enrolBody = z.strictObject({
  code: z.string().refine(isEnrolmentCode, "must look like 'enr_XXXX-XXXX-XXXX-XXXX-XXXX'"),
  address: word.address,
  signature: word.signature,
  wallet: addressField.nullish(),
});

/** Four short texts. Anyone may send them. */
const MAX_BYTES = 4096;

export const nodeEnrol = new Hono<AppEnv>();

nodeEnrol.post('/node/enrol', async (c) => {
  requireCalm(c, 'enrol');
  const { code, address, signature, wallet } = await readInput(c, enrolBody, MAX_BYTES);
  const services = c.get('services');
  const now = Date.now();
  const enrolled = await services.nodes.enrol({ code, address, signature, wallet: wallet ?? null }, now);
  if (!enrolled.ok) {
    await slowDown(c, 'enrol');
    const told = tellEnrolFault(enrolled.error);
    throw new ApiError(told.code, told.message, { param: told.param });
  }
  const { id, accountId } = enrolled.value;
  const claims = { nodeId: id, address, accountId, wallet: enrolled.value.wallet, pools: poolsOf(enrolled.value) };
  const { token, untilAt } = await services.nodeTokens.issue(claims, now);
  return c.json({ node: id, account: accountId, token, token_until_at: untilAt });
});

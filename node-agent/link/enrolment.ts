// Tells a router, once, that this key belongs to the account behind a code.
import * as z from 'zod';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { parseJson } from '../../schema/json.ts';
import { makeMessageSigner, NODE_ENROL } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { PROTOCOL_VERSION } from '../../schema/frames.ts';
import { readOrigin } from '../../schema/origin.ts';
import { HANDSHAKE_DOMAIN, hashText, ZERO_ADDRESS } from '../../schema/typed-data.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import type { LinkOutcome } from './decide-retry.ts';
import { readRefusal } from './read-refusal.ts';
import { askRouter } from './router-door.ts';

interface EnrolmentRequest {
  readonly url: string;
  readonly code: string;
  readonly key: SessionKey;
  /** Payout wallet, when the owner named one. */
  readonly wallet: Hex | null;
}

/** For the owner: the router is of a version that this agent does not speak any more. */
export function tellOldRouter(version: number): string {
  return `The router speaks version ${version} of the protocol, this agent version ${PROTOCOL_VERSION}: whoever runs the router has to update it.`;
}

const answerSchema = z.object({
  node: z.string().min(1).max(100),
  account: z.string().min(1).max(100),
  /** What its account calls it already. */
  name: z.string().max(200).nullish(),
});
type Enrolled = z.output<typeof answerSchema>;

/** What proves that this agent holds the key, by a signature over the code's hash: the body of an enrolment. */
export function proveEnrolment({ url, code, key, wallet }: EnrolmentRequest): Readonly<Record<string, unknown>> {
  const origin = readOrigin(new URL(url)) ?? '';
  const hash = toHex(hashText(code));
  const message = { code: hash, node: key.address, wallet: wallet ?? ZERO_ADDRESS, origin };
  const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_ENROL, message, key.privateKey);
  const proof = { code, address: key.address, signature, protocol: PROTOCOL_VERSION, origin };
  return { ...proof, ...(wallet === null ? {} : { wallet }) };
}

/** Errors as for a failed dial. */
export async function enrol(request: EnrolmentRequest): Promise<Result<Enrolled, LinkOutcome>> {
  const body = JSON.stringify(proveEnrolment(request));
  const answer = await askRouter(request.url, { body });
  if (!answer.ok) return err({ kind: 'network', message: answer.error });
  const { status, retryAfter, text } = answer.value;
  if (status < 200 || status > 299) return err(readAge(readRefusal(status, retryAfter, text)));
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) return err({ kind: 'network', message: `${request.url} does not answer like an Irori router` });
  return ok(parsed.data);
}

/** A router of version 1 takes exactly what agents of its time sent, and knows no field for the version. */
function readAge(refusal: LinkOutcome): LinkOutcome {
  const isOld = refusal.kind === 'http' && refusal.code === 'unknown_parameter';
  return isOld ? { ...refusal, code: 'protocol-version', message: tellOldRouter(1) } : refusal;
}

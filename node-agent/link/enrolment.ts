// Tells a router, once, that this key belongs to the account behind a code.
import { keccak_256 } from '@noble/hashes/sha3.js';
import * as z from 'zod';
import { toHex } from '../../schema/bytes.ts';
import { parseJson } from '../../schema/json.ts';
import { makeMessageSigner, NODE_ENROL } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { HANDSHAKE_DOMAIN } from '../../schema/typed-data.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import type { LinkOutcome } from './decide-retry.ts';
import { readRefusal } from './read-refusal.ts';
import { askRouter } from './router-door.ts';

interface EnrolmentRequest {
  readonly url: string;
  readonly code: string;
  readonly key: SessionKey;
  /** Payout wallet, when the owner named one. */
  readonly wallet: string | null;
}

const answerSchema = z.object({ node: z.string().min(1).max(100), account: z.string().min(1).max(100) });
type Enrolled = z.output<typeof answerSchema>;

/** Proves that this agent holds the key, by a signature over the code's hash. Errors as for a failed dial. */
export async function enrol(request: EnrolmentRequest): Promise<Result<Enrolled, LinkOutcome>> {
  const { code, key, wallet } = request;
  const message = { code: toHex(keccak_256(new TextEncoder().encode(code))), node: key.address };
  const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_ENROL, message, key.privateKey);
  const body = JSON.stringify({ code, address: key.address, signature, ...(wallet === null ? {} : { wallet }) });
  const answer = await askRouter(request.url, { body });
  if (!answer.ok) return err({ kind: 'network', message: answer.error });
  const { status, retryAfter, text } = answer.value;
  if (status < 200 || status > 299) return err(readRefusal(status, retryAfter, text));
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) return err({ kind: 'network', message: `${request.url} does not answer like an Irori router` });
  return ok(parsed.data);
}

// A question that a home asks its router outside of a connection: signed with its key, so that no running agent is needed.
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { nodeIdOf } from '../../schema/ids.ts';
import { parseJson } from '../../schema/json.ts';
import { bindProof, encodeNodeProof, makeProofNonce, PROOF_PROTOCOL } from '../../schema/node-proof.ts';
import { readOrigin } from '../../schema/origin.ts';
import { makeMessageSigner, NODE_HELLO } from '../../schema/receipt.ts';
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { HANDSHAKE_DOMAIN } from '../../schema/typed-data.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { askRouter } from './router-door.ts';
import type { RouterAnswer } from './router-door.ts';
import { endSentence } from './tell-network-fault.ts';

const refusalSchema = z.object({ error: z.object({ message: z.string().max(2000) }) });

/** Whom to ask, as whom, and what. */
export interface SignedQuestion {
  /** The router's origin. */
  readonly router: string;
  readonly key: SessionKey;
  /** With its query. */
  readonly path: string;
  /** JSON that is posted; left out for a question. */
  readonly body?: string;
  /** Another than GET, or POST where there is a body. */
  readonly method?: 'PATCH';
  /** Longest answer that is read; the usual bound of the router's door where left out. */
  readonly mostBytes?: number;
}

/** The JSON of the answer; null where there is no such thing (404). By the router's own time where this machine's is off. Errors are sentences for the owner. */
export async function askSigned(question: SignedQuestion, now: number): Promise<Result<unknown, string>> {
  const answer = await sendSigned(question, now);
  if (answer.ok || answer.status !== 404) return answer;
  return ok(null);
}

/** What was not done, and its status: `isOpen` where nobody can tell whether it was, since no answer came or it was none of a decision. */
interface NotDone {
  readonly ok: false;
  readonly error: string;
  readonly status: number | null;
  readonly isOpen: boolean;
}

/** The same for a question that may change something. */
export async function sendSigned(
  question: SignedQuestion,
  now: number,
): Promise<{ readonly ok: true; readonly value: unknown } | NotDone> {
  const { router } = question;
  const first = await askAt(question, now);
  const routerNow = first.ok ? first.value.routerNow : null;
  const answer = routerNow === null ? first : await askAt(question, routerNow);
  if (!answer.ok)
    return {
      ok: false,
      error: `The router at ${router} cannot be reached: ${endSentence(answer.error)}`,
      status: null,
      isOpen: true,
    };
  const { status, text } = answer.value;
  const body = parseJson(text);
  if (status === 200 || status === 201) return ok(body);
  const refusal = refusalSchema.safeParse(body);
  const told = refusal.success ? refusal.data.error.message : `status ${status}`;
  const isOpen = status >= 500 || status === 429;
  return { ok: false, error: `The router at ${router} did not answer: ${told}`, status, isOpen };
}

/** The proof names the router that is asked, so another can do nothing with it. */
function askAt(
  { router, key, path, mostBytes, body, method }: SignedQuestion,
  now: number,
): Promise<Result<RouterAnswer, string>> {
  // What changes something is signed as such: no other proof of this home will do for it.
  const bound = body === undefined ? undefined : bindProof(method ?? 'POST', new URL(path, router).pathname);
  const headers = { authorization: proveNode(router, key, now, bound) };
  return askRouter(`${router}${path}`, {
    headers,
    ...(body === undefined ? {} : { body }),
    ...(method === undefined ? {} : { method }),
    ...(mostBytes === undefined ? {} : { mostBytes }),
  });
}

/** The value of an `authorization` header that proves one question of a home to one router. `now`: ms since epoch; `bound`: to one call (`bindProof`). */
export function proveNode(router: string, key: SessionKey, now: number, bound?: Uint8Array): string {
  const nonce = makeProofNonce(now, bound ?? randomBytes(24));
  const origin = readOrigin(new URL(router)) ?? router;
  const hello = { nonce, node: key.address, protocol: PROOF_PROTOCOL, origin };
  const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_HELLO, hello, key.privateKey);
  return `Bearer ${encodeNodeProof({ nodeId: nodeIdOf(key.address), nonce, signature })}`;
}

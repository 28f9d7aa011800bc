// Tells a router, once, that this key belongs to the account behind a code. The one door of the agent to plain HTTP requests.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
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

interface EnrolmentRequest {
  readonly url: string;
  readonly code: string;
  readonly key: SessionKey;
  /** Payout wallet, when the owner named one. */
  readonly wallet: string | null;
}

const answerSchema = z.object({ node: z.string().min(1).max(100), account: z.string().min(1).max(100) });
type Enrolled = z.output<typeof answerSchema>;

const ANSWER_MS = 15_000;
const ANSWER_BYTES = 64 * 1024;

/** Proves that this agent holds the key, by a signature over the code's hash. Errors as for a failed dial. */
export async function enrol(request: EnrolmentRequest): Promise<Result<Enrolled, LinkOutcome>> {
  const { code, key, wallet } = request;
  const message = { code: toHex(keccak_256(new TextEncoder().encode(code))), node: key.address };
  const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_ENROL, message, key.privateKey);
  const body = JSON.stringify({ code, address: key.address, signature, ...(wallet === null ? {} : { wallet }) });
  const answer = await post(request.url, body);
  if (!answer.ok) return answer;
  const { status, retryAfter, text } = answer.value;
  if (status < 200 || status > 299) return err(readRefusal(status, retryAfter, text));
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) return err({ kind: 'network', message: `${request.url} does not answer like an Irori router` });
  return ok(parsed.data);
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

function post(url: string, body: string): Promise<Result<Answer, LinkOutcome>> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve(err({ kind: 'network', message: error.message }));
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = send(url, { method: 'POST', headers, signal: AbortSignal.timeout(ANSWER_MS) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > ANSWER_BYTES) response.destroy(new Error('the answer is too long'));
      });
      response.on('error', fail);
      response.on('end', () => {
        resolve(ok({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text }));
      });
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

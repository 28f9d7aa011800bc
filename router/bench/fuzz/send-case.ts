// The one door to the router for cases: HTTP by hand, since official clients send no wrong lengths and no body in pieces.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FuzzCase } from './fuzz-case.ts';
import type { FuzzAnswer } from './judge-case.ts';

const PIECE_GAP_MS = 15;

export interface FuzzDoor {
  readonly url: string;
  readonly apiKey: string;
  readonly agent: Agent;
  /** An answer that takes longer is none. */
  readonly timeoutMs: number;
}

export function openFuzzDoor({ url, apiKey, timeoutMs }: Omit<FuzzDoor, 'agent'>): FuzzDoor {
  return { url, apiKey, timeoutMs, agent: new Agent({ keepAlive: true, maxSockets: 64 }) };
}

const NO_ANSWER: FuzzAnswer = { status: 0, type: '', requestId: '', text: '' };

/** Never rejects: a line that breaks is an answer too. */
export function sendCase({ url, apiKey, agent, timeoutMs }: FuzzDoor, sent: FuzzCase): Promise<FuzzAnswer> {
  return new Promise((resolve) => {
    // A length of its own may spoil what comes next on the line.
    const isKept = sent.headers['content-length'] === undefined;
    const headers = {
      authorization: `Bearer ${apiKey}`,
      ...(sent.pieces === 1 && { 'content-length': String(sent.bytes.length) }),
      ...sent.headers,
    };
    const outgoing = request(`${url}${sent.endpoint.path}`, { method: 'POST', headers, agent: isKept ? agent : false });
    const late = setTimeout(() => outgoing.destroy(), timeoutMs);
    const end = (answer: FuzzAnswer): void => {
      clearTimeout(late);
      resolve(answer);
    };
    outgoing.on('error', () => end(NO_ANSWER));
    outgoing.on('close', () => end(NO_ANSWER));
    outgoing.on('response', (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('error', () => end(NO_ANSWER));
      incoming.on('end', () => {
        end({
          status: incoming.statusCode ?? 0,
          type: incoming.headers['content-type'] ?? '',
          requestId: String(incoming.headers['x-request-id'] ?? ''),
          text: Buffer.concat(parts).toString('utf8'),
        });
        if (!isKept) outgoing.destroy();
      });
    });
    void write(outgoing, sent);
  });
}

async function write(outgoing: ReturnType<typeof request>, { bytes, pieces, headers }: FuzzCase): Promise<void> {
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  for (let at = 0; at < bytes.length; at += size) {
    if (at > 0) await sleep(PIECE_GAP_MS);
    if (outgoing.destroyed) return;
    outgoing.write(bytes.subarray(at, at + size));
  }
  // Who says that more comes waits for it: so does the router, until this line is closed.
  const isShort = Number(headers['content-length'] ?? bytes.length) > bytes.length;
  if (isShort) setTimeout(() => outgoing.destroy(), 4 * PIECE_GAP_MS);
  else outgoing.end();
}

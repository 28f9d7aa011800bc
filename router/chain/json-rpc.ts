// The door to a chain's node: one question of JSON-RPC, one answer.
import * as z from 'zod';

const WAIT_MS = 10_000;
/** Longer answers are left unread: the object that asks has room for a few of them at once. */
const MOST_BYTES = 8 << 20;

const answerSchema = z.object({ result: z.unknown().optional(), error: z.unknown().optional() });
const errorSchema = z.object({ message: z.string() });

/** The node answered, and it was a no. What it says comes from outside: for logs, and never to decide by. */
export class ChainRefusal extends Error {
  override readonly name = 'ChainRefusal';
}

/** Rejects with ChainRefusal, or with any other error where nothing can be said of what became of the question. */
export type AskChain = (method: string, ...params: unknown[]) => Promise<unknown>;

export function makeAskChain(url: string): AskChain {
  return async (method, ...params) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(WAIT_MS),
    });
    const { result, error } = answerSchema.parse(JSON.parse(await readText(response)));
    if (error === undefined || error === null) return result;
    const told = errorSchema.safeParse(error);
    throw new ChainRefusal(`the chain refused a question${told.success ? `: ${told.data.message.slice(0, 200)}` : ''}`);
  };
}

async function readText({ body }: Response): Promise<string> {
  const reader = body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  const decoder = new TextDecoder();
  let text = '';
  let left = MOST_BYTES;
  for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
    left -= piece.value.length;
    if (left < 0) {
      await reader?.cancel();
      throw new Error('the chain’s node says more than anybody asked for');
    }
    text += decoder.decode(piece.value, { stream: true });
  }
  return text + decoder.decode();
}

/** A number of any size as JSON-RPC writes it. */
export const hexNumber = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/)
  .transform(BigInt);

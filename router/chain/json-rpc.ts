// The door to a chain's node: one question of JSON-RPC, one answer. And the two that everybody asks: which chain it is, and what a contract says.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { hexText, smallNumber } from '../../schema/rpc-values.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import type { TestChainKind } from '../../schema/test-chains.ts';

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

/** Which chain the node is of. Rejects where it is no test network, another than `chainId`, or cannot be asked. */
export async function checkChain(ask: AskChain, chainId?: number): Promise<TestChainKind> {
  const found = smallNumber.parse(await ask('eth_chainId'));
  const kind = findTestChain(found);
  if (!kind.ok) throw new Error(kind.error);
  if (found !== (chainId ?? found)) throw new Error(`the chain's node is of chain ${found}, and not of ${chainId}`);
  return kind.value;
}

/** What a contract answers as of a block, by its tag; `0x` where there is no contract. Rejects as `ask` does. */
export async function callContract(ask: AskChain, to: Hex, data: Hex, tag = 'latest'): Promise<Hex> {
  return hexText.parse(await ask('eth_call', { to, data }, tag));
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

// How the owner's commands reach the running agent: one line of JSON each way over the state folder's socket. Knows nothing of what they do.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { findSocketPath } from './instance-lock.ts';

const ownerAskSchema = z.discriminatedUnion('do', [
  /** Give the machine back at once; for so long, or until `resume`. */
  z.object({ do: z.literal('pause'), forMs: z.number().int().min(1).nullable() }),
  z.object({ do: z.literal('resume') }),
  /** Let a browser see the owner's page. */
  z.object({ do: z.literal('open') }),
]);
export type OwnerAsk = z.output<typeof ownerAskSchema>;

const ownerAnswerSchema = z.object({
  /** Why the home takes no work now, null when it does. */
  paused: z.string().nullable(),
  /** When an owner's pause ends by itself, ms since epoch. */
  untilAt: z.number().nullable(),
  /** Jobs that were handed over, and how long it took until the last had left and memory was free. */
  handedOver: z.number(),
  tookMs: z.number(),
  /** Of `open`: an address that works once, within a minute; null where there is no page. */
  url: z.string().nullish(),
});
export type OwnerAnswer = z.output<typeof ownerAnswerSchema>;

const LINE_BYTES = 4096;
const SILENCE_MS = 2_000;
/** An agent that frees a large model takes a while. */
const ANSWER_MS = 15_000;

/** The agent's side: answers one ask of a peer that just connected. A peer that says nothing, or nonsense, is turned away. */
export function hearOwner(peer: Socket, obey: (ask: OwnerAsk) => Promise<OwnerAnswer>): void {
  void readLine(peer, SILENCE_MS).then(async (line) => {
    const ask = ownerAskSchema.safeParse(parseJson(line ?? ''));
    if (!ask.success) return void peer.destroy();
    peer.end(`${JSON.stringify(await obey(ask.data))}\n`);
  });
}

/** The command's side: null when no agent runs with that state folder, or it does not answer. */
export async function askAgent(folder: string, ask: OwnerAsk): Promise<OwnerAnswer | null> {
  const peer = connect(findSocketPath(folder));
  peer.on('error', () => peer.destroy());
  peer.write(`${JSON.stringify(ask)}\n`);
  const line = await readLine(peer, ANSWER_MS);
  peer.destroy();
  const answer = ownerAnswerSchema.safeParse(parseJson(line ?? ''));
  return answer.success ? answer.data : null;
}

/** The first line, or null when the peer ends, says too much, or takes too long. */
function readLine(peer: Socket, limitMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => peer.destroy(), limitMs);
    peer.setEncoding('utf8');
    peer.on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end < 0 && text.length <= LINE_BYTES) return;
      clearTimeout(timer);
      if (end < 0) peer.destroy();
      resolve(end < 0 ? null : text.slice(0, end));
    });
    peer.once('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

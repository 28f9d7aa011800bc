// A bare socket to a hub, for those who flood it: says hello or does not, reads or does not, and tells when the hub has had enough.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { challengeSchema } from '../../../schema/frames-to-node.ts';
import { decodeFrames, encodeJsonFrame, nameFrame, readJson } from '../../../schema/frames.ts';
import { concatBytes } from '../../../schema/bytes.ts';
import type { Hex } from '../../../schema/bytes.ts';
import type { RawNode } from '../../test/raw-node.ts';
import { HOSTILE_ADDRESS } from './round.ts';
import type { Round } from './round.ts';

const OPEN_WAIT_MS = 4000;

export interface LinkOptions {
  /** False dials by nothing but the home's id. */
  readonly isKnown?: boolean;
  readonly onMessage?: (data: Buffer, isBinary: boolean, ws: WebSocket) => void;
}

/** Dials as this home; null where the dial is refused. */
export async function openLink(
  round: Round,
  node: RawNode,
  { isKnown = true, onMessage }: LinkOptions = {},
): Promise<WebSocket | null> {
  const { authorization: _secret, ...bare } = node.headers;
  const headers = { ...(isKnown ? node.headers : bare), ...HOSTILE_ADDRESS };
  const ws = round.keep(new WebSocket(node.linkUrl, { headers, handshakeTimeout: OPEN_WAIT_MS }));
  ws.on('error', () => undefined);
  if (onMessage) ws.on('message', (data: Buffer, isBinary) => onMessage(data, isBinary, ws));
  const isOpen = await Promise.race([once(ws, 'open').then(() => true), once(ws, 'close').then(() => false)]).catch(
    () => false,
  );
  return isOpen ? ws : null;
}

/** Dials and proves who it is; null where that is refused. */
export async function openReady(round: Round, node: RawNode): Promise<WebSocket | null> {
  let tell: (isReady: boolean) => void = () => undefined;
  const told = new Promise<boolean>((resolve) => void (tell = resolve));
  const ws = await openLink(round, node, {
    onMessage: (data, isBinary, link) => {
      const frames = isBinary ? decodeFrames(new Uint8Array(data)) : null;
      for (const frame of frames?.ok ? frames.value : []) {
        const name = nameFrame(frame.type);
        const json = name === 'challenge' ? readJson(frame) : null;
        if (json?.ok) sendFrame(link, 'hello', node.makeHello(challengeSchema.parse(json.value).nonce));
        if (name === 'welcome') tell(true);
      }
    },
  });
  if (!ws) return null;
  ws.once('close', () => tell(false));
  setTimeout(() => tell(false), OPEN_WAIT_MS).unref();
  return (await told) ? ws : null;
}

function sendFrame(ws: WebSocket, name: Parameters<typeof encodeJsonFrame>[0], value: unknown): void {
  ws.send(encodeJsonFrame(name, value));
}

/** One frame many times over, as one message. */
export function repeatFrame(frame: Uint8Array, times: number): Uint8Array {
  return concatBytes(Array.from({ length: times }, () => frame));
}

/** Sends the same again and again until the round is over or the hub closes; waits while the system takes no more, for a while. Gives how often. */
export async function flood(round: Round, ws: WebSocket, message: Uint8Array, most: number): Promise<number> {
  let sent = 0;
  while (!round.isOver && sent < most && ws.readyState === WebSocket.OPEN) {
    ws.send(message);
    sent += 1;
    while (!round.isOver && ws.bufferedAmount > 8_000_000 && ws.readyState === WebSocket.OPEN) await round.wait(5);
    if (sent % 64 === 0) await round.wait(1);
  }
  return sent;
}

export const ZERO_NONCE: Hex = `0x${'00'.repeat(32)}`;

// Frames of one name to one home, in one message.
import { concatBytes } from '../../schema/bytes.ts';
import { encodeJsonFrame } from '../../schema/frames.ts';
import type { JsonToNode } from '../../schema/frames-to-node.ts';

/** Nothing is sent to a home that is not connected. */
export function sendEach<N extends keyof JsonToNode>(
  socket: { readonly send: (bytes: Uint8Array) => void } | undefined,
  name: N,
  values: readonly JsonToNode[N][],
): void {
  socket?.send(concatBytes(values.map((value) => encodeJsonFrame(name, value))));
}

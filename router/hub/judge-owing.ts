// A home that owes more receipts than it may: it is as good as full, and its owner reads why. Pure.
import type { NodeState } from '../../schema/frames-to-hub.ts';

interface Owing {
  readonly isBehind: (socket: object, now: number) => boolean;
}

interface Telling {
  readonly state: NodeState | null;
}

/** True where it says so itself, or the hub waits for more than it may owe. */
export function isBehind(socket: Telling, receipts: Owing, now: number): boolean {
  return socket.state?.paused === 'outbox' || receipts.isBehind(socket, now);
}

/** What a home says it offers; one that is behind is paused for that, though it may not know. */
export function tellState(socket: Telling | undefined, receipts: Owing, now: number): NodeState | null {
  const state = socket?.state ?? null;
  if (!socket || !state || state.paused || !isBehind(socket, receipts, now)) return state;
  return { ...state, paused: 'outbox' };
}

// Which homes are told to move now. A hub never loses all its homes at once, and a home that does not go is not told for ever.
import type { HubMove } from './plan-hubs.ts';

/** Homes told in one round: those that move take no jobs for a moment. */
const MAX_AT_ONCE = 50;
/** A home that was told is told again after this long, since its jobs may have ended or the word was lost. */
const AGAIN_AFTER_MS = 60_000;
const MAX_TRIES = 10;

/** One hub's homes that move to one other. */
export interface MoveOrder {
  readonly from: string;
  readonly to: string;
  readonly nodeIds: readonly string[];
}

interface Told {
  readonly to: string;
  readonly at: number;
  readonly tries: number;
}

export class MoveOrders {
  /** Homes that were told, where to, when last and how often. */
  #told = new Map<string, Told>();

  /** Which of the open moves to order now, and when to ask again (null: not before something changes). */
  choose(moves: readonly HubMove[], now: number): { orders: MoveOrder[]; nextAt: number | null } {
    const told = new Map<string, Told>();
    const chosen: HubMove[] = [];
    let nextAt = Infinity;
    for (const move of moves) {
      const known = this.#told.get(move.nodeId);
      const last = known?.to === move.to ? known : { to: move.to, at: -Infinity, tries: 0 };
      const isDue = now - last.at >= AGAIN_AFTER_MS && last.tries < MAX_TRIES;
      const isTold = isDue && chosen.length < MAX_AT_ONCE;
      if (isTold) chosen.push(move);
      const next = isTold ? { to: move.to, at: now, tries: last.tries + 1 } : last;
      if (next.tries > 0) told.set(move.nodeId, next);
      if (isDue && !isTold) nextAt = now;
      else if (next.tries < MAX_TRIES) nextAt = Math.min(nextAt, next.at + AGAIN_AFTER_MS);
    }
    this.#told = told;
    return { orders: groupMoves(chosen), nextAt: Number.isFinite(nextAt) ? nextAt : null };
  }
}

function groupMoves(moves: readonly HubMove[]): MoveOrder[] {
  const orders = new Map<string, { from: string; to: string; nodeIds: string[] }>();
  for (const { nodeId, from, to } of moves) {
    const key = `${from} ${to}`;
    const order = orders.get(key) ?? { from, to, nodeIds: [] };
    order.nodeIds.push(nodeId);
    orders.set(key, order);
  }
  return [...orders.values()];
}

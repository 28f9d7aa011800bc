// What the settler does on a chain after each run over the books: brings roots there, reads what happened there, and claims for those who have no coins. One
// step's failure keeps no other from its turn.
import type { PostLog } from '../chain/post-log.ts';
import { makeLog } from '../log.ts';
import type { SettlerStore } from './settler-store.ts';

/** A step that failed is tried again after this long, ms. */
const RETRY_MS = 30_000;

const log = makeLog('chain');

/** Does what is due, in bounded time. Gives when it wants its next turn, ms since epoch; null for whenever the next run comes. */
export type ChainStep = () => Promise<number | null>;

/** In the order in which they have their turn; null for one that this router does not take. */
export interface ChainSteps {
  /** Brings the roots of published epochs to the chain, and makes them final. */
  readonly postRoots: ChainStep | null;
  /** Answers challenges of the root that waits to be final. */
  readonly answerChallenges: ChainStep | null;
  /** Books what the chain says was claimed, and what was bought there. */
  readonly watchChain: ChainStep | null;
  /** Claims for homes that have no coins. */
  readonly sponsor: ChainStep | null;
}

/** What the settler keeps, in its object: each step has tables of its own there. */
export interface KeptPlace {
  readonly storage: DurableObjectStorage;
  readonly store: SettlerStore;
  readonly posts: PostLog;
}

export const NO_CHAIN: ChainSteps = { postRoots: null, answerChallenges: null, watchChain: null, sponsor: null };

/** Gives each step its turn, and when the next run is wished for: the earliest of their wishes. Never rejects. */
export async function takeChainSteps(steps: ChainSteps, now: () => number): Promise<number | null> {
  const wishes: number[] = [];
  for (const [name, step] of Object.entries(steps) as [keyof ChainSteps, ChainStep | null][]) {
    try {
      const wish = (await step?.()) ?? null;
      if (wish !== null) wishes.push(wish);
    } catch (error) {
      log.error('chain-step-failed', { reason: name, waitMs: RETRY_MS, error });
      wishes.push(now() + RETRY_MS);
    }
  }
  return wishes.length > 0 ? Math.min(...wishes) : null;
}

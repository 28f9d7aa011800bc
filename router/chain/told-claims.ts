// How far homes' claims are, told at a bounded cost: each look asks the chain several questions, and homes that ask all the time must not use up what its node
// answers to the router. What is left of that answers challenges, which the root key's bond hangs on.
import type { Hex } from '../../schema/bytes.ts';
import { LOCAL_CHAIN } from '../../schema/test-chains.ts';
import type { ClaimSponsor, ClaimTold } from './claim-sponsor.ts';

/** So long a home is told the same again, ms. */
const [KEPT_MS, LOCAL_KEPT_MS] = [5000, 100];
/** Looks under way at once, and homes whose answers are remembered. */
const MOST_AT_ONCE = 20;
const MOST_KEPT = 10_000;

interface Kept {
  readonly at: number;
  readonly isAsked: boolean;
  readonly told: Promise<ClaimTold>;
}

export class ToldClaims {
  readonly #sponsor: Pick<ClaimSponsor, 'ask' | 'tell'>;
  readonly #keptMs: number;
  readonly #now: () => number;
  /** In the order of their times. */
  readonly #kept = new Map<Hex, Kept>();
  #open = 0;

  constructor(sponsor: Pick<ClaimSponsor, 'ask' | 'tell'>, chainId: number, now: () => number) {
    this.#sponsor = sponsor;
    this.#keptMs = chainId === LOCAL_CHAIN ? LOCAL_KEPT_MS : KEPT_MS;
    this.#now = now;
  }

  /** As the sponsor does; `isAsking`: it wants to be claimed for. Rejects too while too many ask at once. */
  async answer(node: Hex, isAsking: boolean): Promise<ClaimTold> {
    const known = this.#kept.get(node);
    if (known && Math.abs(this.#now() - known.at) < this.#keptMs && (known.isAsked || !isAsking)) return known.told;
    if (this.#open >= MOST_AT_ONCE) throw new Error('too many homes ask at once');
    const told = this.#look(node, isAsking);
    this.#kept.delete(node);
    this.#kept.set(node, { at: this.#now(), isAsked: isAsking, told });
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size > MOST_KEPT) this.#kept.delete(oldest);
    return told;
  }

  async #look(node: Hex, isAsking: boolean): Promise<ClaimTold> {
    this.#open += 1;
    try {
      return await (isAsking ? this.#sponsor.ask(node) : this.#sponsor.tell(node));
    } finally {
      this.#open -= 1;
    }
  }
}

// Which routers are one: where a router's key is rotated its new address goes on in the place of the old one, which has signed that it does.
import type { Hex } from '../../schema/bytes.ts';
import { BoundedMap } from '../../schema/bounded-map.ts';
import { listPredecessors } from '../../schema/handover.ts';
import type { Handover } from '../../schema/handover.ts';
import type { MessageSigner } from '../../schema/receipt.ts';

/** Routers that an agent has met since its start. */
const MOST_ROUTERS = 64;

export class RouterLines {
  /** By router: the addresses that have handed over to it. */
  readonly #before = new BoundedMap<Hex, readonly Hex[]>(MOST_ROUTERS);

  /** A router shows how the keys before its own handed over: what they did not sign counts for nothing. */
  learn(signer: MessageSigner, router: Hex, handovers: readonly Handover[]): void {
    this.#before.set(router, listPredecessors(signer, handovers, router));
  }

  /** A router's address and those that handed over to it. */
  lineOf(router: Hex): readonly Hex[] {
    return [router, ...(this.#before.get(router) ?? [])];
  }

  /** Whose word counts for work that was done for a router: its own, and that of those it has handed over to. */
  signersFor(router: Hex): readonly Hex[] {
    const heirs = [...this.#before].flatMap(([heir, before]) => (before.includes(router) ? [heir] : []));
    return [router, ...heirs];
  }

  /** True for one router under two keys of its own. */
  isSame(one: Hex, other: Hex): boolean {
    return one === other || this.lineOf(one).includes(other) || this.lineOf(other).includes(one);
  }
}

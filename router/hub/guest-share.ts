// What guests have of a hub's homes: jobs that nobody pays for, of accounts without credit, on other people's homes. One of them gets half of a
// model's slots at most and all together three quarters, so that whoever pays, the owners and another guest find one that is free.
import { findModels } from '../homes/find-entry.ts';
import type { NodeCandidate } from '../homes/find-entry.ts';
import type { JobOffer } from '../../schema/offer.ts';

const SHARE_OF_ONE = 1 / 2;
const SHARE_OF_ALL = 3 / 4;

type Guest = Pick<JobOffer, 'isGuest' | 'accountId' | 'model' | 'digests'>;

export class GuestShare {
  /** By model, then by account: jobs that run here. */
  readonly #running = new Map<string, Map<string, number>>();

  /** True where the offer has to wait although slots are free: only the homes of its own account may take it. Homes are counted for guests alone. */
  isFull(offer: Guest, candidates: () => readonly NodeCandidate[]): boolean {
    if (!offer.isGuest) return false;
    const running = this.#running.get(offer.model);
    if (!running) return false;
    const slots = countSlots(offer, candidates());
    const all = [...running.values()].reduce((sum, count) => sum + count, 0);
    return (running.get(offer.accountId) ?? 0) >= shareOf(slots, SHARE_OF_ONE) || all >= shareOf(slots, SHARE_OF_ALL);
  }

  /** A guest's job begins at a home of somebody else; call what comes back once when it ends. */
  begin({ isGuest, model, accountId }: Guest): () => void {
    if (!isGuest) return () => undefined;
    this.#change(model, accountId, 1);
    return () => this.#change(model, accountId, -1);
  }

  #change(model: string, accountId: string, by: number): void {
    const running = this.#running.get(model) ?? new Map<string, number>();
    const count = (running.get(accountId) ?? 0) + by;
    if (count > 0) running.set(accountId, count);
    else running.delete(accountId);
    if (running.size > 0) this.#running.set(model, running);
    else this.#running.delete(model);
  }
}

/** Slots of homes of others that serve what is asked. */
function countSlots(offer: Guest, homes: readonly NodeCandidate[]): number {
  return homes.reduce((sum, home) => sum + slotsOf(home, offer), 0);
}

/** None of a home whose data breaks: the choice that follows sets it aside. */
function slotsOf(home: NodeCandidate, offer: Guest): number {
  try {
    const isStranger = !home.isPaused && home.ownerAccountId !== offer.accountId;
    return isStranger && findModels(home, offer).length > 0 ? home.slots : 0;
  } catch {
    return 0;
  }
}

function shareOf(slots: number, share: number): number {
  return Math.max(1, Math.floor(slots * share));
}

// Asks that found every home full and wait for their turn: in memory, and only as long as their edges wait. Whenever a home may have a slot they
// are decided again, in order; one that the free home cannot serve holds nobody up.
import type { JobOffer } from '../../schema/offer.ts';
import { placeTurn } from './place-turn.ts';

/** Nobody fills a hub: asks that wait, in all and of one account, and the bytes of their prompts, likewise. Whoever is one too many is refused as busy at once. */
export const MOST_WAITING = 512;
export const MOST_WAITING_OF_ACCOUNT = 128;
/** Guests leave room for those who pay. */
export const MOST_WAITING_GUESTS = 256;
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
const MOST_WAITING_BYTES_OF_ACCOUNT = 12 * 1024 * 1024;
/** What nobody tells, such as a home that has rested long enough, is found out this often. */
const LOOK_EVERY_MS = 250;

/** One decision: `busy` where the ask has to wait on. */
export type Tried<T> =
  { readonly kind: 'taken'; readonly taken: T } | { readonly kind: 'declined'; readonly isBusy: boolean };

export interface HubTurnsDoors<T> {
  /** Decides the ask anew, and takes the slot where there is one. `waitedMs`: how long it waited until now. */
  readonly decide: (offer: JobOffer, waitedMs: number) => Tried<T>;
  /** False where no home has any slot free: then nobody need be decided. */
  readonly hasRoom: () => boolean;
}

interface Waiting<T> {
  readonly offer: JobOffer;
  readonly accountId: string;
  readonly turn: number;
  readonly isGuest: boolean;
  readonly sinceAt: number;
  readonly bytes: number;
  /** Asks that need the same get the same answer. */
  readonly need: string;
  readonly leave: (taken: T | null) => void;
}

export class HubTurns<T> {
  readonly #doors: HubTurnsDoors<T>;
  readonly #line: Waiting<T>[] = [];
  #served = 0;
  #isServing = false;
  #ticker: ReturnType<typeof setInterval> | null = null;

  constructor(doors: HubTurnsDoors<T>) {
    this.#doors = doors;
  }

  /** How many wait for this ask's model before it. */
  countAhead(asked: JobOffer): number {
    return this.#line.filter(({ offer }) => offer.model === asked.model && (offer.isBegun || !asked.isBegun)).length;
  }

  /** False where one more of this ask's account would be too many. */
  hasPlace(offer: JobOffer): boolean {
    const own = this.#line.filter(({ accountId }) => accountId === offer.accountId);
    if (this.#line.length >= MOST_WAITING || own.length >= MOST_WAITING_OF_ACCOUNT) return false;
    if (offer.isGuest && this.#line.filter(({ isGuest }) => isGuest).length >= MOST_WAITING_GUESTS) return false;
    if (sumBytes(own, offer) > MOST_WAITING_BYTES_OF_ACCOUNT) return false;
    return sumBytes(this.#line, offer) <= MOST_WAITING_BYTES;
  }

  /** Resolves with what was taken when the turn has come; with null when the time is over, or the edge went away. */
  wait(offer: JobOffer, signal: AbortSignal | null): Promise<T | null> {
    if (signal?.aborted) return Promise.resolve(null);
    return new Promise((resolve) => {
      const { accountId } = offer;
      const { turn, at } = placeTurn(this.#line, offer, this.#served);
      const onLeave = (): void => waiting.leave(null);
      const timer = setTimeout(onLeave, offer.waitMs);
      const waiting: Waiting<T> = {
        offer,
        accountId,
        turn,
        // What goes on elsewhere is in the turn that was served, whoever asks.
        isGuest: offer.isGuest === true && !offer.isBegun,
        sinceAt: Date.now(),
        bytes: bytesOf(offer),
        need: needOf(offer),
        leave: (taken) => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', onLeave);
          const place = this.#line.indexOf(waiting);
          if (place >= 0) this.#line.splice(place, 1);
          this.#tick();
          resolve(taken);
        },
      };
      this.#line.splice(at, 0, waiting);
      signal?.addEventListener('abort', onLeave);
      this.#tick();
    });
  }

  /** A slot may be free. */
  serve(now: number): void {
    // What a decision brings about may call this again.
    if (this.#line.length === 0 || this.#isServing) return;
    this.#isServing = true;
    try {
      this.#serveLine(now);
    } finally {
      this.#isServing = false;
    }
  }

  #serveLine(now: number): void {
    const waitsOn = new Set<string>();
    // A copy: who is served leaves the line meanwhile.
    for (const waiting of this.#line.slice()) {
      if (waitsOn.has(waiting.need)) continue;
      if (!this.#doors.hasRoom()) return;
      const tried = this.#doors.decide(waiting.offer, now - waiting.sinceAt);
      if (tried.kind === 'declined' && tried.isBusy) {
        waitsOn.add(waiting.need);
        continue;
      }
      this.#served = Math.max(this.#served, waiting.turn);
      waiting.leave(tried.kind === 'taken' ? tried.taken : null);
    }
  }

  #tick(): void {
    if (this.#line.length > 0) this.#ticker ??= setInterval(() => this.serve(Date.now()), LOOK_EVERY_MS);
    else if (this.#ticker) {
      clearInterval(this.#ticker);
      this.#ticker = null;
    }
  }
}

function sumBytes(line: readonly { readonly bytes: number }[], offer: JobOffer): number {
  return line.reduce((sum, one) => sum + one.bytes, bytesOf(offer));
}

function bytesOf({ requestBytes, promptBound, resume }: JobOffer): number {
  return (requestBytes ?? promptBound) + (resume?.text.length ?? 0);
}

/** Everything of an offer on which it depends whether some home may take it now. */
function needOf({ model, digests, wish, accountId, excludeNodeIds, avoidOwners, size, resume }: JobOffer): string {
  const goesOn = resume && [resume.digest, resume.least, resume.tokenIds !== null];
  const left = [excludeNodeIds, avoidOwners ?? []];
  return JSON.stringify([model, digests, wish, accountId, left, size.leastPromptTokens ?? 0, goesOn]);
}

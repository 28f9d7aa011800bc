// How many bytes of callers' bodies, and of long answers in one piece, this isolate keeps at once: it has 128 MB, and a body takes about three
// times its bytes while its job runs. Who finds no room waits a little before a byte is read. No account gets more than half of what the others
// leave, so that however many send much, or send slowly, some room is left; and a little of each account always finds some.

export interface RoomLimits {
  readonly bytes: number;
  readonly bytesOfAccount: number;
  /** Of an account that keeps no more than this nothing is held up. */
  readonly always: number;
  /** Bodies that wait for room. */
  readonly waiting: number;
  /** How long somebody waits for it. */
  readonly waitMs: number;
  /** The longest that a body is kept: a call that the platform ended in the middle never says that it is over. */
  readonly keptMs: number;
}

const MIB = 1024 * 1024;
const BODY_ROOM: RoomLimits = {
  bytes: 32 * MIB,
  bytesOfAccount: 12 * MIB,
  always: MIB / 2,
  waiting: 256,
  waitMs: 10_000,
  keptMs: 70 * 60_000,
};

/** A place in the room. */
export interface Seat {
  /** Fewer bytes came than were announced. */
  readonly shrink: (bytes: number) => void;
  /** A body is longer than it was taken for; false, and nothing changes, where there is no room for so many bytes in all. */
  readonly growTo: (bytes: number) => boolean;
  /** More is kept from now on, such as a long answer; false, and nothing changes, where there is no room for it. */
  readonly grow: (bytes: number) => boolean;
  /** The job is over; again is the same. */
  readonly leave: () => void;
}

interface Waiting {
  readonly accountId: string;
  readonly bytes: number;
  readonly give: (seat: Seat | null) => void;
}

interface Taken {
  readonly accountId: string;
  readonly untilAt: number;
  bytes: number;
}

export class BodyRoom {
  readonly #limits: RoomLimits;
  readonly #taken = new Set<Taken>();
  readonly #byAccount = new Map<string, number>();
  readonly #line: Waiting[] = [];
  #bytes = 0;
  #sweptAt = 0;

  constructor(limits: RoomLimits = BODY_ROOM) {
    this.#limits = limits;
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A place for so many bytes; null where none became free in time. */
  async enter(accountId: string, bytes: number): Promise<Seat | null> {
    this.#sweep(Date.now());
    if (this.#hasRoom(accountId, bytes)) return this.#seat(accountId, bytes);
    if (this.#line.length >= this.#limits.waiting) return null;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const waited = new Promise<Seat | null>((resolve) => {
      const waiting: Waiting = { accountId, bytes, give: resolve };
      this.#line.push(waiting);
      timer = setTimeout(() => {
        const place = this.#line.indexOf(waiting);
        if (place >= 0) this.#line.splice(place, 1);
        resolve(null);
      }, this.#limits.waitMs);
    });
    const seat = await waited;
    // Here and not where it is given: the platform lets each call end its own timers only.
    clearTimeout(timer);
    return seat;
  }

  #hasRoom(accountId: string, bytes: number): boolean {
    const { bytes: most, bytesOfAccount, always } = this.#limits;
    const own = this.#byAccount.get(accountId) ?? 0;
    const share = Math.min(bytesOfAccount, (most - (this.#bytes - own)) / 2);
    return own + bytes <= Math.max(always, share);
  }

  #seat(accountId: string, bytes: number): Seat {
    const taken: Taken = { accountId, untilAt: Date.now() + this.#limits.keptMs, bytes: 0 };
    this.#taken.add(taken);
    this.#change(taken, bytes);
    return {
      shrink: (to) => this.#change(taken, Math.min(taken.bytes, to)),
      growTo: (all) => this.#grow(taken, Math.max(0, all - taken.bytes)),
      grow: (more) => this.#grow(taken, more),
      leave: () => this.#leave(taken),
    };
  }

  #grow(taken: Taken, bytes: number): boolean {
    if (!this.#taken.has(taken) || !this.#hasRoom(taken.accountId, bytes)) return false;
    this.#change(taken, taken.bytes + bytes);
    return true;
  }

  #leave(taken: Taken): void {
    if (this.#taken.delete(taken)) this.#change(taken, 0);
  }

  #change(taken: Taken, to: number): void {
    const { accountId, bytes } = taken;
    taken.bytes = to;
    this.#bytes += to - bytes;
    const own = (this.#byAccount.get(accountId) ?? 0) + to - bytes;
    if (own > 0) this.#byAccount.set(accountId, own);
    else this.#byAccount.delete(accountId);
    if (to < bytes) this.#call();
  }

  /** In the order in which they came; one whose account has its share holds nobody up. */
  #call(): void {
    for (const waiting of this.#line.slice()) {
      if (!this.#hasRoom(waiting.accountId, waiting.bytes)) continue;
      this.#line.splice(this.#line.indexOf(waiting), 1);
      waiting.give(this.#seat(waiting.accountId, waiting.bytes));
    }
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < 60_000) return;
    this.#sweptAt = now;
    for (const taken of this.#taken) if (taken.untilAt <= now) this.#leave(taken);
  }
}

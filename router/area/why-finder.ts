// Finds the hubs of homes through their areas and asks them why there was no job. Seats are remembered for moments, answers never.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { Seat } from './seats.ts';
import { IdleLog, KEPT_MS } from '../homes/idle-log.ts';
import { makeWhy } from '../homes/make-why.ts';
import type { NodeWhy } from '../homes/make-why.ts';
import { makeLog } from '../log.ts';

const log = makeLog('area');

/** How long a seat is believed. */
const SEAT_FRESH_MS = 10_000;
const MAX_SEATS = 10_000;

export interface WhyDoors {
  readonly areas: readonly string[];
  /** Seats of those nodes that the area knows, by node. */
  readonly seatsOf: (area: string, nodeIds: readonly string[]) => Promise<Readonly<Record<string, Seat>>>;
  /** What a hub knows of a node; null when it never had it. */
  readonly why: (hub: string, nodeId: string) => Promise<NodeWhy | null>;
  readonly now: () => number;
}

interface KnownSeat extends Seat {
  readonly area: string;
}

export class WhyFinder {
  readonly #doors: WhyDoors;
  readonly #seats = new BoundedMap<string, { readonly seat: KnownSeat; readonly at: number }>(MAX_SEATS);

  constructor(doors: WhyDoors) {
    this.#doors = doors;
  }

  /** One answer a node, in their order. An area or hub that does not answer leaves its homes without minutes, never without an answer. */
  async find(nodeIds: readonly string[]): Promise<NodeWhy[]> {
    await this.#findSeats(nodeIds);
    return Promise.all(nodeIds.map((nodeId) => this.#ask(nodeId)));
  }

  async #ask(nodeId: string): Promise<NodeWhy> {
    const told = await this.#askHub(nodeId);
    if (told) return told;
    // It may have moved since its seat was read: what is known of it went to another hub before it.
    const before = this.#seats.get(nodeId)?.seat;
    if (before) {
      this.#seats.delete(nodeId);
      await this.#findSeats([nodeId]);
    }
    const after = this.#seats.get(nodeId)?.seat ?? null;
    const hasMoved = after !== null && before !== undefined && hubOf(after) !== hubOf(before);
    return (hasMoved ? await this.#askHub(nodeId) : null) ?? this.#tellSeat(nodeId, after);
  }

  async #askHub(nodeId: string): Promise<NodeWhy | null> {
    const seat = this.#seats.get(nodeId)?.seat;
    if (!seat) return null;
    const hub = hubOf(seat);
    return this.#doors.why(hub, nodeId).catch((error: unknown) => {
      log.warn('hub-away', { nodeId, hub, error });
      return null;
    });
  }

  async #askArea(area: string, nodeIds: readonly string[]): Promise<{ area: string; seats: Record<string, Seat> }> {
    try {
      return { area, seats: await this.#doors.seatsOf(area, nodeIds) };
    } catch (error) {
      log.warn('area-away', { area, error });
      return { area, seats: {} };
    }
  }

  /** What is known without the hub: whether and since when it is gone. */
  #tellSeat(nodeId: string, seat: KnownSeat | null): NodeWhy {
    const now = this.#doors.now();
    const hub = seat?.at ?? null;
    const turns = { answered: 0, refused: 0, contradicted: 0, preempted: 0 };
    const faults = { lastHour: 0, heldAgainst: 0 };
    const facts = { nodeId, area: seat?.area ?? null, hub, measured: {}, guessed: {}, live: null, faults, turns, now };
    if (!seat || seat.at === null) return makeWhy({ ...facts, standing: null, minutes: [] });
    const plain = { paused: null, coolingUntilAt: null, coolingReason: null };
    const standing = { ...plain, isConnected: seat.leftAt === null, sinceAt: seat.leftAt ?? now };
    const idle = new IdleLog();
    const isGoneForAnHour = seat.leftAt !== null && seat.leftAt <= now - KEPT_MS;
    return makeWhy({ ...facts, standing, minutes: isGoneForAnHour ? idle.read(nodeId, now - KEPT_MS, now) : [] });
  }

  async #findSeats(nodeIds: readonly string[]): Promise<void> {
    const now = this.#doors.now();
    const unknown = nodeIds.filter((nodeId) => now - (this.#seats.get(nodeId)?.at ?? -Infinity) >= SEAT_FRESH_MS);
    if (unknown.length === 0) return;
    const answers = await Promise.all(this.#doors.areas.map(async (area) => this.#askArea(area, unknown)));
    for (const nodeId of unknown) {
      const seats = answers.flatMap((answer) => {
        const seat = answer.seats[nodeId];
        return seat ? [{ ...seat, area: answer.area }] : [];
      });
      // A home that moved across the world is known in two areas: it is where it is connected, else where it was last.
      const best = seats.toSorted((a, b) => (b.leftAt ?? Infinity) - (a.leftAt ?? Infinity))[0];
      if (best) this.#seats.set(nodeId, { seat: best, at: now });
      else this.#seats.delete(nodeId);
    }
  }
}

/** Where a home is, or is expected. */
function hubOf({ at, hub }: Seat): string {
  return at ?? hub;
}

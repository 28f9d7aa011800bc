// The directory of one area: which hubs it has, which homes sit where, and who may not come back. It cuts hubs that grew too big and joins those
// that are too small. Edges ask it where a home should dial, and where homes are while Redis is away.
import { DurableObject } from 'cloudflare:workers';
import { BoundedMap } from '../../schema/bounded-map.ts';
import { makeHubName } from '../../schema/ids.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import { distanceKm } from '../../schema/places.ts';
import type { HubReport, PlacedNode } from '../hub/hub-services.ts';
import { AreaSeats } from './seats.ts';
import type { HubRow, Seat } from './seats.ts';
import type { AreaServices } from './area-services.ts';
import type { ModelChange } from '../hub/recalled-models.ts';
import { makeLog } from '../log.ts';
import { MoveOrders } from './move-orders.ts';
import { hubFor, planHubs } from './plan-hubs.ts';

const log = makeLog('area');

/** Revoked nodes are remembered this long: longer than any link token lives. */
const REVOKED_KEPT_MS = 3_600_000;
const MAX_ASKED_HUBS = 6;
const OFFERS_FRESH_MS = 2000;
const MAX_KEPT_OFFERS = 1000;

interface KeptOffer {
  readonly at: number;
  readonly rows: Promise<PresenceRow[]>;
}

export class Area extends DurableObject<object> {
  readonly #services: AreaServices;
  readonly #seats: AreaSeats;
  readonly #orders = new MoveOrders();
  readonly #offers = new BoundedMap<string, KeptOffer>(MAX_KEPT_OFFERS);
  #plannedAt = -Infinity;
  #alarmAt = Infinity;

  constructor(state: DurableObjectState, env: object, services: AreaServices) {
    super(state, env);
    this.#services = services;
    this.#seats = new AreaSeats(state.storage.sql);
    void state.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await state.storage.getAlarm()) ?? Infinity;
    });
  }

  /**
   * The hub a node should sit at by the area's plan. Null when the node was revoked. It writes nothing: whoever dials has yet to prove who it is, and
   * its hub reports it then.
   */
  assign(node: PlacedNode): string | null {
    if (this.#seats.isRevoked(node.nodeId, Date.now())) return null;
    return hubFor(this.#seats.ranges, node) ?? this.#nameHub(this.#seats.nextNumber());
  }

  /**
   * Stores a hub's report of its homes and plans the hubs again where it calls for that. True for a hub that was not known: a change of the catalogue
   * before this did not reach it.
   */
  async report(report: HubReport): Promise<boolean> {
    const now = Date.now();
    const { heldMs } = this.#services;
    this.#begin(report.hub);
    const told = this.#withoutRevoked(report, now);
    const isNew = told.homes.length > 0 && !this.hubs().includes(report.hub);
    const hasLeft = this.#seats.take(told, { now, heldMs });
    const nextAt = this.#seats.settleTold({ now, heldMs });
    if (nextAt !== null) await this.#wakeBy(nextAt + 1);
    if (this.#isPlanDue()) await this.#planSoon(now);
    // A small hub is joined with another only after the homes that left it have had time to come back.
    else if (hasLeft && this.#seats.ranges.length > 1) await this.#wakeBy(now + this.#services.lingerMs + 1);
    return isNew;
  }

  /** A node that was revoked between its dial and its first report is told now. */
  #withoutRevoked(report: HubReport, now: number): HubReport {
    const revoked = this.#seats.revokedOf(
      report.homes.map(({ nodeId }) => nodeId),
      now,
    );
    if (revoked.length === 0) return report;
    for (const nodeId of revoked)
      void this.#hub(report.hub)
        .kick(nodeId, 'revoked')
        .catch((error: unknown) => this.#noteAway(report.hub, error));
    return { ...report, homes: report.homes.filter(({ nodeId }) => !revoked.includes(nodeId)) };
  }

  /** Where nodes sit and whether they are connected, by node; those that this area does not know are left out. */
  seatsOf(nodeIds: readonly string[]): Record<string, Seat> {
    const seats: Record<string, Seat> = {};
    for (const nodeId of nodeIds) {
      const seat = this.#seats.find(nodeId);
      if (seat) seats[nodeId] = seat;
    }
    return seats;
  }

  /** Names of this area's hubs that have homes. */
  hubs(): string[] {
    return this.#seats.hubs().map((row) => row.hub);
  }

  /** The same with what each carries, for the operator: slots and homes as reported last, and where they are on average. */
  tellHubs(): HubRow[] {
    return this.#seats.hubs();
  }

  /** Rows of a model from the hubs themselves, nearest hubs first: for edges while Redis is away. */
  async offers(ask: { modelKey: string; lat: number; lon: number }): Promise<PresenceRow[]> {
    const now = Date.now();
    const hubs = this.#seats.hubs().filter((row) => row.nodes > 0);
    const near = hubs.toSorted((a, b) => distanceKm(a, ask) - distanceKm(b, ask)).slice(0, MAX_ASKED_HUBS);
    // A hub that does not answer was told of as it was asked: what the others have is offered.
    const answers = await Promise.allSettled(near.map((row) => this.#askOffer(row, ask.modelKey, now)));
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  }

  /** Of these nodes those that were revoked lately: what the books may have forgotten. */
  revokedOf(nodeIds: string[]): string[] {
    return this.#seats.revokedOf(nodeIds, Date.now());
  }

  /** A node may not come back; wherever it is connected its socket is closed now. */
  async revoke(nodeId: string, reason: string): Promise<void> {
    const now = Date.now();
    this.#seats.revoke(nodeId, now + REVOKED_KEPT_MS, now);
    const seat = this.#seats.find(nodeId);
    if (!seat) return;
    this.#seats.forget(nodeId);
    // On its way from one hub to another it may have a socket at both.
    const hubs = new Set([seat.hub, ...(seat.at === null ? [] : [seat.at])]);
    await Promise.all([...hubs].map((hub) => this.#hub(hub).kick(nodeId, reason)));
  }

  /** The catalogue changed: hubs look again at what their nodes serve. */
  async refresh(change: ModelChange): Promise<void> {
    this.#offers.clear();
    await Promise.all(this.hubs().map((hub) => this.#refresh(hub, change)));
  }

  async #refresh(hub: string, change: ModelChange): Promise<void> {
    await this.#hub(hub)
      .refresh(change)
      .catch((error: unknown) => this.#noteAway(hub, error));
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = Infinity;
    const now = Date.now();
    this.#seats.prune(now);
    const nextAt = this.#seats.settleTold({ now, heldMs: this.#services.heldMs });
    if (nextAt !== null) await this.#wakeBy(nextAt + 1);
    await this.#planSoon(now);
  }

  /** What one hub offers, asked at most every 2 s however many edges ask, each with hubs of its own neighbourhood. */
  #askOffer({ hub }: HubRow, modelKey: string, now: number): Promise<PresenceRow[]> {
    const key = `${hub} ${modelKey}`;
    const known = this.#offers.get(key);
    if (known && now - known.at < OFFERS_FRESH_MS) return known.rows;
    const rows = this.#hub(hub).offer(modelKey);
    this.#offers.set(key, { at: now, rows });
    rows.catch((error: unknown) => {
      this.#offers.delete(key);
      this.#noteAway(hub, error);
    });
    return rows;
  }

  /** An area without ranges belongs to one hub as a whole: the first that reports, or a new one where a home needs it. */
  #begin(hub: string): void {
    if (this.#seats.ranges.length === 0) this.#seats.keepRanges([{ hub, from: '' }]);
  }

  /** True when a hub is too big or too small, or a home is not where it belongs. Cheap, since it is asked at every report. */
  #isPlanDue(): boolean {
    const { minSlots, maxSlots } = this.#services.sizes;
    const ranges = this.#seats.ranges;
    const slots = new Map(this.#seats.hubs().map((row) => [row.hub, row.slots]));
    const isSmall = ranges.length > 1 && ranges.some(({ hub }) => (slots.get(hub) ?? 0) < minSlots);
    const isStray = ranges.length > 0 && [...slots.keys()].some((hub) => !ranges.some((range) => range.hub === hub));
    return isSmall || isStray || [...slots.values()].some((count) => count > maxSlots);
  }

  /** Plans now, or as soon as plans may follow one another. */
  async #planSoon(now: number): Promise<void> {
    const { sizes, lingerMs, planEveryMs } = this.#services;
    if (now - this.#plannedAt < planEveryMs) return this.#wakeBy(this.#plannedAt + planEveryMs);
    this.#plannedAt = now;
    const plan = planHubs({
      nodes: this.#seats.seated(now - lingerMs),
      current: this.#seats.ranges,
      nextNumber: this.#seats.nextNumber(),
      nameHub: (number) => this.#nameHub(number),
      sizes,
    });
    this.ctx.storage.transactionSync(() => {
      this.#seats.keepRanges(plan.ranges);
      this.#seats.reseat(plan.moves);
    });
    const { orders, nextAt } = this.#orders.choose(plan.moves, now);
    // Not awaited: a home that misses the order is told again.
    for (const order of orders) void this.#order(order);
    if (nextAt !== null) await this.#wakeBy(Math.max(nextAt, now + planEveryMs));
    // Homes that left lately still counted: what is too small without them is seen when they count no more.
    const lastLeftAt = plan.ranges.length > 1 ? this.#seats.lastLeftAt(now - lingerMs) : null;
    if (lastLeftAt !== null) await this.#wakeBy(Math.max(lastLeftAt + lingerMs + 1, now + planEveryMs));
  }

  async #order({ from, to, nodeIds }: { from: string; to: string; nodeIds: readonly string[] }): Promise<void> {
    const reason = `neighbours of this home now sit at ${to}`;
    await this.#hub(from)
      .moveNodes([...nodeIds], to, reason)
      .catch((error: unknown) => this.#noteAway(from, error));
  }

  async #wakeBy(at: number): Promise<void> {
    if (at >= this.#alarmAt) return;
    this.#alarmAt = at;
    await this.ctx.storage.setAlarm(at);
  }

  #noteAway(hub: string, error: unknown): void {
    log.warn('hub-away', { hub, area: this.ctx.id.name, error });
  }

  #nameHub(number: number): string {
    return makeHubName(this.ctx.id.name ?? 'area', number);
  }

  #hub(name: string): ReturnType<AreaServices['hub']> {
    return this.#services.hub(name);
  }
}

// Keeps a hub's rows in the presence table true: writes on join, leave, change and when free capacity crosses zero; never per job.
import { PRESENCE_REFRESH_MS } from '../../schema/presence.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import type { Result } from '../../schema/result.ts';
import { makeOffers } from './make-presence.ts';
import type { CatalogueEntry, HubOffer } from './make-presence.ts';
import type { NodeCandidate } from './pick-node.ts';

/** Free capacity is written at most this often, and only once it has stood for CROSSING_MS. */
const FREE_WRITE_MS = 10_000;
const CROSSING_MS = 5_000;

/** Changes of one hub for one model, as the presence door takes them. */
interface PresenceChange {
  readonly modelKey: string;
  readonly area: string;
  readonly hub: string;
  readonly rows: readonly PresenceRow[];
  readonly goneNodes: readonly string[];
  readonly summary: PresenceSummary | null;
}

export interface HubPresenceDoors {
  readonly hub: string;
  readonly area: string;
  readonly candidates: () => NodeCandidate[];
  readonly catalogue: () => Promise<readonly CatalogueEntry[]>;
  readonly write: (changes: readonly PresenceChange[]) => Promise<Result<null, unknown>>;
  /** Keeps what stands in the table, for the next life of this hub. */
  readonly save: (written: readonly WrittenOffer[]) => void;
}

/** Which nodes of this hub stand in the table under a model key. */
export interface WrittenOffer {
  readonly modelKey: string;
  readonly nodes: readonly string[];
}

export class HubPresence {
  readonly #doors: HubPresenceDoors;
  /** What was last written, by model key: node → its row without its expiry, so that an unchanged row is not rewritten. */
  #written = new Map<string, { rows: Map<string, string>; free: number; at: number }>();
  #crossedAt: number | null = null;
  #work: Promise<boolean> = Promise.resolve(true);

  constructor(doors: HubPresenceDoors) {
    this.#doors = doors;
  }

  /** Takes what an earlier life of this hub wrote, so that rows of nodes that are gone get removed. */
  recall(written: readonly WrittenOffer[]): void {
    for (const { modelKey, nodes } of written) {
      if (!this.#written.has(modelKey))
        this.#written.set(modelKey, { rows: new Map(nodes.map((node) => [node, ''])), free: -1, at: 0 });
    }
  }

  /** Writes what changed since the last write; false when the table could not be reached (call again later). One write at a time. */
  publish(now: number): Promise<boolean> {
    this.#work = this.#work.then(() => this.#publish(now));
    return this.#work;
  }

  /** True when free capacity has crossed zero for 5 s or changed by half, and was not written in the last 10 s. */
  isFreeDue(now: number): boolean {
    for (const offer of this.#offersNow(now, [])) {
      const last = this.#written.get(offer.modelKey);
      if (!last || now - last.at < FREE_WRITE_MS) continue;
      const { free } = offer.summary;
      const hasCrossed = (free === 0) !== (last.free === 0);
      if (!hasCrossed) this.#crossedAt = null;
      else this.#crossedAt ??= now;
      if (hasCrossed && this.#crossedAt !== null && now - this.#crossedAt >= CROSSING_MS) return true;
      if (!hasCrossed && Math.abs(free - last.free) * 2 > Math.max(last.free, 1)) return true;
    }
    return false;
  }

  /** Rows of one model for an edge that cannot reach Redis. */
  async offer(modelKey: string, now: number): Promise<HubOffer | null> {
    const catalogue = await this.#doors.catalogue();
    return this.#offersNow(now, catalogue).find((offer) => offer.modelKey === modelKey) ?? null;
  }

  #catalogue: readonly CatalogueEntry[] = [];

  #offersNow(now: number, catalogue: readonly CatalogueEntry[]): HubOffer[] {
    if (catalogue.length > 0) this.#catalogue = catalogue;
    return makeOffers(this.#doors.hub, this.#doors.candidates(), this.#catalogue, now);
  }

  async #publish(now: number): Promise<boolean> {
    try {
      const offers = this.#offersNow(now, await this.#doors.catalogue());
      const changes = this.#diff(offers, now);
      if (changes.length === 0) return true;
      const written = await this.#doors.write(changes);
      if (!written.ok) return false;
      this.#keep(offers, now);
      return true;
    } catch {
      return false;
    }
  }

  #diff(offers: readonly HubOffer[], now: number): PresenceChange[] {
    const { hub, area } = this.#doors;
    const changes: PresenceChange[] = [];
    for (const offer of offers) {
      const last = this.#written.get(offer.modelKey);
      const isStale = !last || now - last.at > PRESENCE_REFRESH_MS;
      const rows = offer.rows.filter((row) => isStale || last.rows.get(row.node) !== shapeOf(row));
      const serving = new Set(offer.rows.map((row) => row.node));
      const goneNodes = last ? [...last.rows.keys()].filter((node) => !serving.has(node)) : [];
      const isFreeChanged = !last || last.free !== offer.summary.free;
      if (rows.length + goneNodes.length === 0 && !isFreeChanged) continue;
      changes.push({ modelKey: offer.modelKey, area, hub, rows, goneNodes, summary: offer.summary });
    }
    const offered = new Set(offers.map((offer) => offer.modelKey));
    for (const [modelKey, last] of this.#written) {
      if (!offered.has(modelKey))
        changes.push({ modelKey, area, hub, rows: [], goneNodes: [...last.rows.keys()], summary: null });
    }
    return changes;
  }

  #keep(offers: readonly HubOffer[], now: number): void {
    this.#crossedAt = null;
    this.#written = new Map(
      offers.map((offer) => [
        offer.modelKey,
        { rows: new Map(offer.rows.map((row) => [row.node, shapeOf(row)])), free: offer.summary.free, at: now },
      ]),
    );
    this.#doors.save(offers.map((offer) => ({ modelKey: offer.modelKey, nodes: offer.rows.map((row) => row.node) })));
  }
}

function shapeOf(row: PresenceRow): string {
  return JSON.stringify({ ...row, untilAt: 0 });
}

// Keeps a hub's rows in the presence table true: writes on join, leave, change and when free capacity crosses zero; never per job.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { PRESENCE_REFRESH_MS } from '../../schema/presence.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import type { Result } from '../../schema/result.ts';
import type { PresenceChange } from '../placement/presence.ts';
import type { NodeCandidate } from './find-entry.ts';
import { makeLog } from '../log.ts';
import { judgeFreeWrite } from './judge-free-write.ts';
import { makeOffers } from './make-presence.ts';
import type { CatalogueEntry, HubOffer, HubOffering } from './make-presence.ts';

const log = makeLog('homes');

export interface HubPresenceDoors {
  readonly hub: string;
  readonly area: string;
  readonly candidates: () => NodeCandidate[];
  readonly catalogue: () => Promise<readonly CatalogueEntry[]>;
  /** Speeds and round trip of a node's model in coarse steps, so that learning a little writes nothing. */
  readonly tell: (candidate: NodeCandidate, model: NodeModel, now: number) => ReturnType<HubOffering['tell']>;
  /** One home's data cannot be used. */
  readonly onUnusable: (nodeId: string, error: unknown) => void;
  readonly write: (changes: readonly PresenceChange[]) => Promise<Result<null, unknown>>;
  /** The catalogue was read, and is another than before. */
  readonly onCatalogue: () => void;
  /** Keeps what stands in the table, for the next life of this hub. */
  readonly save: (written: readonly WrittenOffer[]) => void;
}

/** Which nodes of this hub stand in the table under a model key. */
export interface WrittenOffer {
  readonly modelKey: string;
  readonly nodes: readonly string[];
}

/** What stands in the table under a model key: each node's row without its expiry and when it was written, so that only what changed or is old is rewritten. */
interface WrittenKey {
  readonly rows: ReadonlyMap<string, { readonly shape: string; readonly at: number }>;
  readonly free: number;
  readonly at: number;
}

export class HubPresence {
  readonly #doors: HubPresenceDoors;
  /** What was last written, by model key. */
  #written = new Map<string, WrittenKey>();
  /** By model key: since when the real free capacity is zero while the written one is not, or the other way round. */
  readonly #crossedAt = new Map<string, number>();
  #catalogue: readonly CatalogueEntry[] | null = null;
  #work: Promise<boolean> = Promise.resolve(true);

  constructor(doors: HubPresenceDoors) {
    this.#doors = doors;
  }

  /** As it was read last; null before that. */
  get catalogue(): readonly CatalogueEntry[] | null {
    return this.#catalogue;
  }

  async #readCatalogue(): Promise<void> {
    const read = await this.#doors.catalogue();
    const isSame = this.#catalogue !== null && nameDigests(this.#catalogue) === nameDigests(read);
    this.#catalogue = read;
    if (!isSame) this.#doors.onCatalogue();
  }

  /** Takes what an earlier life of this hub wrote, so that rows of nodes that are gone get removed. */
  recall(written: readonly WrittenOffer[]): void {
    for (const { modelKey, nodes } of written) {
      if (!this.#written.has(modelKey))
        this.#written.set(modelKey, {
          rows: new Map(nodes.map((node) => [node, { shape: '', at: 0 }])),
          free: -1,
          at: 0,
        });
    }
  }

  /** The table may have lost what was written: the next `publish` writes everything again. */
  distrust(): void {
    for (const [modelKey, { rows }] of this.#written) {
      this.#written.set(modelKey, {
        rows: new Map([...rows.keys()].map((node) => [node, { shape: '', at: 0 }])),
        free: -1,
        at: 0,
      });
    }
  }

  /** Writes what changed since the last write; false when the table could not be reached (call again later). One write at a time. */
  publish(now: number): Promise<boolean> {
    this.#work = this.#work.then(() => this.#publish(now));
    return this.#work;
  }

  /** True when free capacity has crossed zero for 5 s or changed by half, and was not written in the last 10 s. */
  isFreeDue(now: number): boolean {
    let isDue = false;
    for (const { modelKey, summary } of this.#offersNow(now)) {
      const last = this.#written.get(modelKey);
      if (last && this.#isOfferDue(modelKey, { last, free: summary.free, now })) isDue = true;
    }
    return isDue;
  }

  #isOfferDue(modelKey: string, { last, free, now }: { last: WrittenKey; free: number; now: number }): boolean {
    const crossedAt = this.#crossedAt.get(modelKey) ?? null;
    const judged = judgeFreeWrite({ free: last.free, at: last.at, crossedAt }, { free, now });
    if (judged.crossedAt === null) this.#crossedAt.delete(modelKey);
    else this.#crossedAt.set(modelKey, judged.crossedAt);
    return judged.isDue;
  }

  /** Rows of one model for an edge that cannot reach Redis. */
  async offer(modelKey: string, now: number): Promise<HubOffer | null> {
    await this.#readCatalogue();
    return this.#offersNow(now).find((offer) => offer.modelKey === modelKey) ?? null;
  }

  #offersNow(now: number): HubOffer[] {
    const { hub, candidates, tell, onUnusable } = this.#doors;
    return makeOffers({
      hub,
      candidates: candidates(),
      catalogue: this.#catalogue ?? [],
      tell: (one, model) => tell(one, model, now),
      onUnusable,
      now,
    });
  }

  async #publish(now: number): Promise<boolean> {
    try {
      await this.#readCatalogue();
      const offers = this.#offersNow(now);
      const changes = this.#diff(offers, now);
      if (changes.length === 0) return true;
      const written = await this.#doors.write(changes);
      if (!written.ok) {
        log.warn('presence-not-written', { hub: this.#doors.hub, reason: 'presence-away' });
        return false;
      }
      this.#keep(offers, changes, now);
      return true;
    } catch (error) {
      log.warn('presence-not-written', { hub: this.#doors.hub, error });
      return false;
    }
  }

  #diff(offers: readonly HubOffer[], now: number): PresenceChange[] {
    const { hub, area } = this.#doors;
    const changes: PresenceChange[] = [];
    for (const offer of offers) {
      const last = this.#written.get(offer.modelKey);
      const rows = offer.rows.filter((row) => {
        const written = last?.rows.get(row.node);
        return !written || now - written.at >= PRESENCE_REFRESH_MS || written.shape !== shapeOf(row);
      });
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

  /** Remembers what was just written; what was not keeps the time of its own last write. */
  #keep(offers: readonly HubOffer[], changes: readonly PresenceChange[], now: number): void {
    const changed = new Map(changes.map((change) => [change.modelKey, new Set(change.rows.map((row) => row.node))]));
    const kept = new Map<string, WrittenKey>();
    for (const { modelKey, rows, summary } of offers) {
      const last = this.#written.get(modelKey);
      const rewritten = changed.get(modelKey);
      if (last && !rewritten) {
        kept.set(modelKey, last);
        continue;
      }
      this.#crossedAt.delete(modelKey);
      const written = rows.map((row) => {
        const at = rewritten?.has(row.node) ? now : (last?.rows.get(row.node)?.at ?? now);
        return [row.node, { shape: shapeOf(row), at }] as const;
      });
      kept.set(modelKey, { rows: new Map(written), free: summary.free, at: now });
    }
    this.#written = kept;
    this.#doors.save(offers.map((offer) => ({ modelKey: offer.modelKey, nodes: offer.rows.map((row) => row.node) })));
  }
}

function shapeOf(row: PresenceRow): string {
  return JSON.stringify({ ...row, untilAt: 0 });
}

/** The same text where the same weights count as the same models. */
function nameDigests(catalogue: readonly CatalogueEntry[]): string {
  return catalogue.map(({ id, digests }) => `${id} ${digests.join(' ')}`).join('\n');
}

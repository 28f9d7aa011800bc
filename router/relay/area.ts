// The directory of one area: which hubs it has, which nodes sit where, and who may not come back. Edges ask it where a home should dial,
// and where homes are while Redis is away.
import { DurableObject } from 'cloudflare:workers';
import type { PresenceRow } from '../../schema/presence.ts';
import { distanceKm } from '../../schema/places.ts';
import type { Env } from '../env.ts';
import type { Hub } from './hub.ts';

/** A hub takes new nodes until it holds this many slots. */
export const MAX_HUB_SLOTS = 200;
/** Revoked nodes are remembered this long: longer than any link token lives. */
const REVOKED_KEPT_MS = 3_600_000;
const MAX_ASKED_HUBS = 6;
const OFFERS_FRESH_MS = 2000;

/** What a hub tells its area when nodes come, go or change. */
export interface HubReport {
  readonly hub: string;
  readonly nodes: readonly string[];
  readonly slots: number;
  readonly lat: number;
  readonly lon: number;
}

interface HubRow extends Record<string, SqlStorageValue> {
  hub: string;
  slots: number;
  nodes: number;
  lat: number;
  lon: number;
}

export class Area extends DurableObject<Env> {
  readonly #sql: SqlStorage;
  #offers = new Map<string, { rows: PresenceRow[]; at: number }>();

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS hubs (hub TEXT PRIMARY KEY, slots INTEGER NOT NULL, nodes INTEGER NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL) WITHOUT ROWID',
    );
    this.#sql.exec('CREATE TABLE IF NOT EXISTS seats (node TEXT PRIMARY KEY, hub TEXT NOT NULL) WITHOUT ROWID');
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS revoked (node TEXT PRIMARY KEY, until_at INTEGER NOT NULL) WITHOUT ROWID',
    );
  }

  /** The hub a node should sit at: where it sat before, else the nearest with room, else a new one. Null when the node was revoked. */
  assign(node: { nodeId: string; lat: number; lon: number }): string | null {
    if (this.#isRevoked(node.nodeId)) return null;
    const seat = this.#sql.exec<{ hub: string }>('SELECT hub FROM seats WHERE node = ?', node.nodeId).toArray()[0];
    if (seat) return seat.hub;
    const hubs = this.#sql.exec<HubRow>('SELECT * FROM hubs').toArray();
    const open = hubs
      .filter((hub) => hub.slots < MAX_HUB_SLOTS)
      .toSorted((a, b) => distanceKm(a, node) - distanceKm(b, node))[0];
    const hub = open?.hub ?? this.#addHub(hubs.length, node);
    this.#sql.exec('INSERT OR REPLACE INTO seats VALUES (?, ?)', node.nodeId, hub);
    return hub;
  }

  /** Takes a hub's word on its nodes and slots. */
  report(report: HubReport): void {
    const { hub, nodes, slots, lat, lon } = report;
    this.#sql.exec('INSERT OR REPLACE INTO hubs VALUES (?, ?, ?, ?, ?)', hub, slots, nodes.length, lat, lon);
  }

  /** Names of this area's hubs. */
  hubs(): string[] {
    return this.#sql
      .exec<{ hub: string }>('SELECT hub FROM hubs')
      .toArray()
      .map((row) => row.hub);
  }

  /** Rows of a model from the hubs themselves, nearest hubs first: for edges while Redis is away. */
  async offers(ask: { modelKey: string; lat: number; lon: number }): Promise<PresenceRow[]> {
    const now = Date.now();
    const known = this.#offers.get(ask.modelKey);
    if (known && now - known.at < OFFERS_FRESH_MS) return known.rows;
    const hubs = this.#sql.exec<HubRow>('SELECT * FROM hubs WHERE nodes > 0').toArray();
    const near = hubs.toSorted((a, b) => distanceKm(a, ask) - distanceKm(b, ask)).slice(0, MAX_ASKED_HUBS);
    const answers = await Promise.allSettled(near.map((row) => this.#hub(row.hub).offer(ask.modelKey)));
    const rows = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    this.#offers.set(ask.modelKey, { rows, at: now });
    return rows;
  }

  /** A node may not come back; if it sits here its socket is closed now. */
  async revoke(nodeId: string, reason: string): Promise<void> {
    const now = Date.now();
    this.#sql.exec('DELETE FROM revoked WHERE until_at < ?', now);
    this.#sql.exec('INSERT OR REPLACE INTO revoked VALUES (?, ?)', nodeId, now + REVOKED_KEPT_MS);
    const seat = this.#sql.exec<{ hub: string }>('SELECT hub FROM seats WHERE node = ?', nodeId).toArray()[0];
    if (!seat) return;
    this.#sql.exec('DELETE FROM seats WHERE node = ?', nodeId);
    await this.#hub(seat.hub).kick(nodeId, reason);
  }

  /** The catalogue changed: hubs look again at what their nodes serve. */
  async refresh(): Promise<void> {
    this.#offers.clear();
    await Promise.allSettled(this.hubs().map((hub) => this.#hub(hub).refresh()));
  }

  #isRevoked(nodeId: string): boolean {
    const row = this.#sql
      .exec<{ until_at: number }>('SELECT until_at FROM revoked WHERE node = ?', nodeId)
      .toArray()[0];
    return row !== undefined && row.until_at > Date.now();
  }

  #addHub(count: number, place: { lat: number; lon: number }): string {
    const hub = `hub:${this.ctx.id.name ?? 'area'}:${count}`;
    this.#sql.exec('INSERT OR REPLACE INTO hubs VALUES (?, 0, 0, ?, ?)', hub, place.lat, place.lon);
    return hub;
  }

  #hub(name: string): DurableObjectStub<Hub> {
    return this.env.HUB.get(this.env.HUB.idFromName(name));
  }
}

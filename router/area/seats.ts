// The door to an area's storage: its homes and where each sits, its hubs, how they share the area out, and who may not come back.
import { readHubName } from '../../schema/ids.ts';
import type { HomeReport, HubReport, PlacedNode } from '../hub/hub-services.ts';
import type { HubMove, HubRange, PlannedNode } from './plan-hubs.ts';

/** Where a home sits. `leftAt` is null while it is connected; `at` is the hub where it is, or was when it left. */
export interface Seat {
  readonly hub: string;
  readonly at: string | null;
  readonly leftAt: number | null;
}

/** Homes that did not dial for so long are forgotten; they are given a seat again like new ones. */
const HOME_KEPT_MS = 90 * 24 * 3_600_000;

/** Revoked homes are told for so long after their tokens have lapsed, should the books be restored from an older backup. */
const REVOKED_TOLD_MS = 400 * 24 * 3_600_000;

export interface HubRow extends Record<string, SqlStorageValue> {
  hub: string;
  slots: number;
  nodes: number;
  lat: number;
  lon: number;
}

interface HomeRow extends Record<string, SqlStorageValue> {
  node: string;
  hub: string;
  at_hub: string | null;
  left_at: number | null;
  lat: number;
  lon: number;
  slots: number;
}

const TABLES = [
  'CREATE TABLE IF NOT EXISTS hubs (hub TEXT PRIMARY KEY, slots INTEGER NOT NULL, nodes INTEGER NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS homes (node TEXT PRIMARY KEY, hub TEXT NOT NULL, at_hub TEXT, left_at INTEGER, lat REAL NOT NULL, lon REAL NOT NULL, slots INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE INDEX IF NOT EXISTS homes_at ON homes (at_hub)',
  'CREATE TABLE IF NOT EXISTS ranges (hub TEXT PRIMARY KEY, from_key TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS revoked (node TEXT PRIMARY KEY, until_at INTEGER NOT NULL) WITHOUT ROWID',
  // What stood in the place of `homes` before hubs were cut and joined.
  'DROP TABLE IF EXISTS seats',
];

export class AreaSeats {
  readonly #sql: SqlStorage;
  #ranges: readonly HubRange[];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    this.#ranges = sql
      .exec<{ hub: string; from: string }>('SELECT hub, from_key AS "from" FROM ranges ORDER BY 2')
      .toArray();
  }

  /** How the area is shared out, in the order of its keys. */
  get ranges(): readonly HubRange[] {
    return this.#ranges;
  }

  /** Writes the ranges if they differ from what stands. */
  keepRanges(ranges: readonly HubRange[]): void {
    if (JSON.stringify(ranges) === JSON.stringify(this.#ranges)) return;
    this.#sql.exec('DELETE FROM ranges');
    for (const { hub, from } of ranges) this.#sql.exec('INSERT INTO ranges VALUES (?, ?)', hub, from);
    this.#ranges = ranges.map(({ hub, from }) => ({ hub, from }));
  }

  find(nodeId: string): Seat | null {
    const row = this.#sql.exec<HomeRow>('SELECT * FROM homes WHERE node = ?', nodeId).toArray()[0];
    return row ? { hub: row.hub, at: row.at_hub, leftAt: row.left_at } : null;
  }

  /** A home is told to dial a hub; that counts as seen, but it is connected only when the hub says so. */
  seat({ nodeId, lat, lon }: PlacedNode, hub: string, now: number): void {
    this.#sql.exec(
      `INSERT INTO homes VALUES (?1, ?2, NULL, ?3, ?4, ?5, 1)
       ON CONFLICT (node) DO UPDATE SET hub = ?2, lat = ?4, lon = ?5 WHERE hub <> ?2 OR lat <> ?4 OR lon <> ?5`,
      nodeId,
      hub,
      now,
      lat,
      lon,
    );
    this.#sql.exec('INSERT OR IGNORE INTO hubs VALUES (?, 0, 0, ?, ?)', hub, lat, lon);
  }

  forget(nodeId: string): void {
    this.#sql.exec('DELETE FROM homes WHERE node = ?', nodeId);
  }

  /** Stores a hub's report of its homes. A hub without homes is dropped from the directory. True when a home left. */
  take(report: HubReport, now: number): boolean {
    const { hub, homes, lat, lon } = report;
    const known = new Map(
      this.#sql
        .exec<HomeRow>('SELECT * FROM homes WHERE at_hub = ? AND left_at IS NULL', hub)
        .toArray()
        .map((row) => [row.node, row]),
    );
    for (const home of homes) {
      const row = known.get(home.nodeId);
      known.delete(home.nodeId);
      if (!row || row.slots !== home.slots || row.lat !== home.lat || row.lon !== home.lon) this.#connect(home, hub);
    }
    for (const nodeId of known.keys()) this.#sql.exec('UPDATE homes SET left_at = ? WHERE node = ?', now, nodeId);
    const slots = homes.reduce((sum, home) => sum + home.slots, 0);
    if (homes.length === 0) this.#sql.exec('DELETE FROM hubs WHERE hub = ?', hub);
    else this.#sql.exec('INSERT OR REPLACE INTO hubs VALUES (?, ?, ?, ?, ?)', hub, slots, homes.length, lat, lon);
    return known.size > 0;
  }

  /** A home that moves may be reported by both hubs: once it is at its seat, the other hub's report does not take it away again. */
  #connect({ nodeId, lat, lon, slots }: HomeReport, hub: string): void {
    this.#sql.exec(
      `INSERT INTO homes VALUES (?1, ?2, ?2, NULL, ?3, ?4, ?5)
       ON CONFLICT (node) DO UPDATE SET at_hub = ?2, left_at = NULL, lat = ?3, lon = ?4, slots = ?5
       WHERE at_hub IS NULL OR left_at IS NOT NULL OR at_hub = ?2 OR at_hub <> hub`,
      nodeId,
      hub,
      lat,
      lon,
      slots,
    );
  }

  /** Hubs of the directory. */
  hubs(): HubRow[] {
    return this.#sql.exec<HubRow>('SELECT * FROM hubs').toArray();
  }

  /** Homes that are connected, and those that left after a moment and may come back (their `hub` is null). */
  seated(leftAfter: number): PlannedNode[] {
    return this.#sql
      .exec<HomeRow>('SELECT * FROM homes WHERE left_at IS NULL OR left_at > ?', leftAfter)
      .toArray()
      .map(({ node, lat, lon, slots, at_hub: at, left_at: leftAt }) => {
        return { nodeId: node, lat, lon, slots, hub: leftAt === null ? at : null };
      });
  }

  /** When the last of the homes left that did so after a moment; null when none did. */
  lastLeftAt(leftAfter: number): number | null {
    const found = this.#sql.exec<{ at: number | null }>(
      'SELECT max(left_at) AS at FROM homes WHERE left_at > ?',
      leftAfter,
    );
    return found.one().at;
  }

  /** Homes are to sit elsewhere from now on. */
  reseat(moves: readonly HubMove[]): void {
    for (const { nodeId, to } of moves)
      this.#sql.exec('UPDATE homes SET hub = ?1 WHERE node = ?2 AND hub <> ?1', to, nodeId);
  }

  /** The number after the highest that any known hub has: numbers are not used twice while anybody knows their hub. */
  nextNumber(): number {
    const names = this.#sql
      .exec<{ hub: string }>(
        'SELECT hub FROM hubs UNION SELECT hub FROM ranges UNION SELECT hub FROM homes UNION SELECT at_hub AS hub FROM homes WHERE at_hub IS NOT NULL',
      )
      .toArray();
    return 1 + Math.max(-1, ...names.map(({ hub }) => readHubName(hub).number));
  }

  prune(now: number): void {
    this.#sql.exec('DELETE FROM homes WHERE left_at < ?', now - HOME_KEPT_MS);
  }

  revoke(nodeId: string, untilAt: number, now: number): void {
    this.#sql.exec('DELETE FROM revoked WHERE until_at < ?', now - REVOKED_TOLD_MS);
    this.#sql.exec('INSERT OR REPLACE INTO revoked VALUES (?, ?)', nodeId, untilAt);
  }

  /** Of these nodes those that were revoked here, and are kept as such. */
  revokedOf(nodeIds: readonly string[]): string[] {
    const query = 'SELECT node FROM revoked WHERE node IN (SELECT value FROM json_each(?))';
    return this.#sql
      .exec<{ node: string }>(query, JSON.stringify(nodeIds))
      .toArray()
      .map(({ node }) => node);
  }

  isRevoked(nodeId: string, now: number): boolean {
    const row = this.#sql
      .exec<{ until_at: number }>('SELECT until_at FROM revoked WHERE node = ?', nodeId)
      .toArray()[0];
    return row !== undefined && row.until_at > now;
  }
}

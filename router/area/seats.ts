// The door to an area's storage: its homes and where each sits, its hubs, how they share the area out, and who may not come back.
import { readHubName } from '../../schema/ids.ts';
import type { HomeReport, HubReport } from '../hub/hub-services.ts';
import { holdSlots, settle } from './hold-slots.ts';
import type { HeldSlots } from './hold-slots.ts';
import { hubFor } from './plan-hubs.ts';
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
  // What homes tell of their slots that does not count yet.
  'CREATE TABLE IF NOT EXISTS told (node TEXT PRIMARY KEY, slots INTEGER NOT NULL, since_at INTEGER NOT NULL) WITHOUT ROWID',
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
    const row = this.#row(nodeId);
    return row ? { hub: row.hub, at: row.at_hub, leftAt: row.left_at } : null;
  }

  forget(nodeId: string): void {
    this.#sql.exec('DELETE FROM homes WHERE node = ?', nodeId);
    this.#sql.exec('DELETE FROM told WHERE node = ?', nodeId);
  }

  /** Stores a hub's report of its homes. A hub without homes is dropped from the directory. True when a home left. */
  take({ hub, homes, lat, lon }: HubReport, { now, heldMs }: { now: number; heldMs: number }): boolean {
    const known = new Map(
      this.#sql
        .exec<HomeRow>('SELECT * FROM homes WHERE at_hub = ? AND left_at IS NULL', hub)
        .toArray()
        .map((row) => [row.node, row]),
    );
    const told = this.#told();
    for (const home of homes) {
      const row = known.get(home.nodeId);
      known.delete(home.nodeId);
      const before = row?.slots ?? this.#row(home.nodeId)?.slots;
      const last = before === undefined ? null : { slots: before, told: told.get(home.nodeId) ?? null };
      const held = holdSlots(last, home.slots, { now, heldMs });
      this.#keepTold(home.nodeId, last, held);
      if (!row || row.slots !== held.slots || row.lat !== home.lat || row.lon !== home.lon)
        this.#connect({ ...home, slots: held.slots }, hub);
    }
    for (const nodeId of known.keys()) this.#sql.exec('UPDATE homes SET left_at = ? WHERE node = ?', now, nodeId);
    if (homes.length === 0) this.#sql.exec('DELETE FROM hubs WHERE hub = ?', hub);
    else this.#sql.exec('INSERT OR REPLACE INTO hubs VALUES (?, 0, ?, ?, ?)', hub, homes.length, lat, lon);
    this.#countSlots();
    return known.size > 0;
  }

  /** Lets count what homes have told long enough; when the next of them will have, or null. */
  settleTold({ now, heldMs }: { now: number; heldMs: number }): number | null {
    let nextAt = Infinity;
    for (const [nodeId, told] of this.#told()) {
      const last = { slots: this.#row(nodeId)?.slots ?? 0, told };
      const held = settle(last, { now, heldMs });
      if (held.told) nextAt = Math.min(nextAt, held.told.sinceAt + heldMs);
      else this.#sql.exec('UPDATE homes SET slots = ? WHERE node = ?', held.slots, nodeId);
      this.#keepTold(nodeId, last, held);
    }
    this.#countSlots();
    return Number.isFinite(nextAt) ? nextAt : null;
  }

  #told(): Map<string, { slots: number; sinceAt: number }> {
    const rows = this.#sql.exec<{ node: string; slots: number; sinceAt: number }>(
      'SELECT node, slots, since_at AS sinceAt FROM told',
    );
    return new Map(rows.toArray().map(({ node, slots, sinceAt }) => [node, { slots, sinceAt }]));
  }

  #keepTold(nodeId: string, last: HeldSlots | null, { told }: HeldSlots): void {
    if (told === null && last?.told) this.#sql.exec('DELETE FROM told WHERE node = ?', nodeId);
    if (told === null || (last?.told?.slots === told.slots && last.told.sinceAt === told.sinceAt)) return;
    this.#sql.exec('INSERT OR REPLACE INTO told VALUES (?, ?, ?)', nodeId, told.slots, told.sinceAt);
  }

  #countSlots(): void {
    this.#sql.exec(
      `UPDATE hubs SET slots = n FROM (
         SELECT hub AS name, (SELECT COALESCE(sum(slots), 0) FROM homes WHERE at_hub = hubs.hub AND left_at IS NULL) AS n FROM hubs
       ) WHERE hub = name AND slots <> n`,
    );
  }

  #row(nodeId: string): HomeRow | undefined {
    return this.#sql.exec<HomeRow>('SELECT * FROM homes WHERE node = ?', nodeId).toArray()[0];
  }

  /**
   * A home belongs where the ranges say. One that moves may be reported by both hubs: once it is at its seat, the other hub's report does not take it
   * away again.
   */
  #connect({ nodeId, lat, lon, slots }: HomeReport, hub: string): void {
    this.#sql.exec(
      `INSERT INTO homes VALUES (?1, ?6, ?2, NULL, ?3, ?4, ?5)
       ON CONFLICT (node) DO UPDATE SET hub = ?6, at_hub = ?2, left_at = NULL, lat = ?3, lon = ?4, slots = ?5
       WHERE at_hub IS NULL OR left_at IS NOT NULL OR at_hub = ?2 OR at_hub <> hub`,
      nodeId,
      hub,
      lat,
      lon,
      slots,
      hubFor(this.#ranges, { nodeId, lat, lon }) ?? hub,
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
    this.#sql.exec('DELETE FROM told WHERE node NOT IN (SELECT node FROM homes)');
  }

  revoke(nodeId: string, untilAt: number, now: number): void {
    this.#sql.exec('DELETE FROM revoked WHERE until_at < ?', now - REVOKED_TOLD_MS);
    this.#sql.exec('INSERT OR REPLACE INTO revoked VALUES (?, ?)', nodeId, untilAt);
  }

  /** Those of these nodes that were revoked. */
  revokedOf(nodeIds: readonly string[], now: number): string[] {
    const rows = this.#sql.exec<{ node: string }>('SELECT node FROM revoked WHERE until_at > ?', now).toArray();
    const revoked = new Set(rows.map(({ node }) => node));
    return nodeIds.filter((nodeId) => revoked.has(nodeId));
  }

  isRevoked(nodeId: string, now: number): boolean {
    const row = this.#sql
      .exec<{ until_at: number }>('SELECT until_at FROM revoked WHERE node = ?', nodeId)
      .toArray()[0];
    return row !== undefined && row.until_at > now;
  }
}

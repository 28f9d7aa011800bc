// What the books said last of one node, in its object's SQLite, and which hubs it showed itself at since: those are told of a change.
import type { NodeStanding } from '../auth/nodes.ts';

/** Of two standings the one with the higher version is the newer. */
export interface VersionedStanding extends NodeStanding {
  readonly version: number;
}

interface KeptStanding extends VersionedStanding {
  /** When the books were read, ms since epoch. */
  readonly readAt: number;
}

/** More hubs than a home can have been sent to between two of its moves. */
const MAX_HUBS = 64;
const UNKNOWN = 'it is not in the books any more';

const TABLES = [
  `CREATE TABLE IF NOT EXISTS standing (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, pools TEXT NOT NULL, barred TEXT,
    readAt INTEGER NOT NULL)`,
  'CREATE TABLE IF NOT EXISTS shown (hub TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID',
];

export class StandingBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
  }

  find(): KeptStanding | null {
    const row = this.#sql
      .exec<{ version: number; pools: string; barred: string | null; readAt: number }>('SELECT * FROM standing')
      .toArray()[0];
    if (!row) return null;
    const { version, pools, barred, readAt } = row;
    return { version, pools: JSON.parse(pools) as string[], barred, readAt };
  }

  /** Keeps what the books say at `now`; a change is a new version. Null for a node that they never knew. */
  keep(read: NodeStanding | null, now: number): VersionedStanding | null {
    const known = this.find();
    const standing = read ?? (known ? { pools: [], barred: UNKNOWN } : null);
    if (!standing) return null;
    const pools = JSON.stringify(standing.pools.toSorted());
    const isSame = known?.barred === standing.barred && JSON.stringify(known.pools) === pools;
    const version = isSame ? known.version : (known?.version ?? 0) + 1;
    this.#sql.exec('INSERT OR REPLACE INTO standing VALUES (1, ?, ?, ?, ?)', version, pools, standing.barred, now);
    return { version, pools: JSON.parse(pools) as string[], barred: standing.barred };
  }

  /** The node shows itself at a hub, which is told of changes from now on. */
  noteShown(hub: string, now: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO shown VALUES (?, ?)', hub, now);
    this.#sql.exec('DELETE FROM shown WHERE hub NOT IN (SELECT hub FROM shown ORDER BY at DESC LIMIT ?)', MAX_HUBS);
  }

  hubs(): string[] {
    return this.#sql
      .exec<{ hub: string }>('SELECT hub FROM shown')
      .toArray()
      .map(({ hub }) => hub);
  }
}

// What the books said last of one node, in its object's SQLite, and which hubs it showed itself at since: those are told of a change.
import type { NodeStanding } from '../auth/nodes.ts';
import { makeLog } from '../log.ts';
import { within } from './within.ts';

const log = makeLog('billing');

/** A change that the operator made past the API is seen so much later, when the home dials. */
const STANDING_FRESH_MS = 600_000;
/** After this the books count as away. */
const BOOK_WAIT_MS = 2000;
/** One question that is never answered must not hold up those behind it. */
const BOOK_LIMIT_MS = 10_000;

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

/** Objects of before version 0.2. */
const ADD_KIN = ["ALTER TABLE standing ADD COLUMN kin TEXT NOT NULL DEFAULT '[]'", 'UPDATE standing SET readAt = 0'];

class StandingBook {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    const hasKin = sql.exec("SELECT 1 FROM pragma_table_info('standing') WHERE name = 'kin'").toArray().length > 0;
    // Read anew at the next connection: what was read before says nothing of it.
    if (!hasKin) for (const statement of ADD_KIN) sql.exec(statement);
  }

  find(): KeptStanding | null {
    const row = this.#sql
      .exec<{ version: number; pools: string; barred: string | null; kin: string; readAt: number }>(
        'SELECT * FROM standing',
      )
      .toArray()[0];
    if (!row) return null;
    const { version, pools, barred, kin, readAt } = row;
    return { version, pools: JSON.parse(pools) as string[], barred, kin: JSON.parse(kin) as string[], readAt };
  }

  /** Keeps what the books say at `now`; a change is a new version. Null for a node that they never knew. */
  keep(read: NodeStanding | null, now: number): VersionedStanding | null {
    const known = this.find();
    const standing = read ?? (known ? { pools: [], barred: UNKNOWN, kin: [] } : null);
    if (!standing) return null;
    const pools = JSON.stringify(standing.pools.toSorted());
    const kin = JSON.stringify(standing.kin.toSorted());
    const isSame =
      known?.barred === standing.barred && JSON.stringify(known.pools) === pools && JSON.stringify(known.kin) === kin;
    const version = isSame ? known.version : (known?.version ?? 0) + 1;
    const insert =
      'INSERT OR REPLACE INTO standing (id, version, pools, barred, readAt, kin) VALUES (1, ?, ?, ?, ?, ?)';
    this.#sql.exec(insert, version, pools, standing.barred, now, kin);
    return { version, pools: JSON.parse(pools) as string[], barred: standing.barred, kin: JSON.parse(kin) as string[] };
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

export interface StandingDoors {
  readonly nodeId: string;
  /** What the books say of the node; null: they do not know it. Rejects when they cannot be asked. */
  readonly read: (nodeId: string) => Promise<NodeStanding | null>;
  /** ms since epoch. */
  readonly now: () => number;
}

export class NodeStandings {
  readonly #book: StandingBook;
  readonly #doors: StandingDoors;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(sql: SqlStorage, doors: StandingDoors) {
    this.#book = new StandingBook(sql);
    this.#doors = doors;
  }

  /** What the books say now, or said last where they are away; from now on this hub is told of changes. Rejects where they were never asked. */
  async show(hub: string): Promise<VersionedStanding | null> {
    const { nodeId, now } = this.#doors;
    this.#book.noteShown(hub, now());
    const known = this.#book.find();
    // A change that is being read is waited for: who is told too late all the same hears of it with the hubs.
    const fresh = this.#reading.then(() => {
      const read = this.#book.find();
      return read && now() - read.readAt < STANDING_FRESH_MS ? read : this.#read();
    });
    try {
      return await within(fresh, BOOK_WAIT_MS);
    } catch (error) {
      log.warn('book-away', { nodeId, error });
      if (known) return known;
      throw error;
    }
  }

  /** The books have changed: what they say, and the hubs that have to be told. Rejects when they cannot be asked; safe to repeat. */
  async recheck(): Promise<{ readonly standing: VersionedStanding | null; readonly hubs: string[] }> {
    const standing = await this.#read();
    return { standing, hubs: this.#book.hubs() };
  }

  /** One after the other, so that the last one read is the newest. */
  #read(): Promise<VersionedStanding | null> {
    const { nodeId, read, now } = this.#doors;
    const reading = this.#reading.then(async () => {
      const standing = await within(read(nodeId), BOOK_LIMIT_MS);
      return this.#book.keep(standing, now());
    });
    this.#reading = reading.catch(() => undefined);
    return reading;
  }
}

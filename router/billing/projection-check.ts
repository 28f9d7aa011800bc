// Whether the projections of the book are what the book says, and how they become it again: what D1 tells and what the archive tells are put together
// key by key. Runs wherever the door is: in the router, or in a command far from it.
import { addSums, PROJECTIONS } from './pack-journal.ts';
import type { ProjectionName, ProjectionRow, ProjectionSums } from './pack-journal.ts';

/** Sums of one key: what the projection has, and what D1 tells of it without the archive. */
export interface ComparedRow {
  readonly key: readonly (string | number)[];
  readonly held: readonly number[];
  readonly told: readonly number[];
}

/** The door to them, beside the book (projections.ts) or far from it (router/local/projections-at.ts). */
export interface Projections {
  /** What the next files after one tell, and the last of them; null where there is none. Rejects when a file cannot be read. */
  readonly readArchived: (
    after: number,
    limit: number,
  ) => Promise<{ readonly last: number; readonly sums: ProjectionSums } | null>;
  /**
   * Rows in the order of their keys, as of one moment at which `lastFile` was the newest of the archive and callers' days were kept from `keptFrom` on: a
   * UTC day since 1970, or, of hours, an hour.
   */
  readonly readPage: (
    name: ProjectionName,
    after: readonly (string | number)[] | null,
    limit: number,
  ) => Promise<{ readonly lastFile: number; readonly keptFrom: number; readonly rows: readonly ComparedRow[] }>;
  /** Makes rows anew; `rows` are what the archive up to `lastFile` tells. False, and nothing done, where it has grown. */
  readonly rebuild: (name: ProjectionName, lastFile: number, rows: readonly ProjectionRow[]) => Promise<boolean>;
}

/** A key whose sums are not what the book tells. */
export interface Differing {
  readonly projection: ProjectionName;
  readonly key: readonly (string | number)[];
  /** What the projection has. */
  readonly held: readonly number[];
  /** What it should have: by D1 and by the archive. */
  readonly told: readonly number[];
  /** Of that, what the archive tells. */
  readonly archived: readonly number[];
}

export interface ProjectionReport {
  /** Keys that were compared, by projection. */
  readonly rows: Readonly<Record<ProjectionName, number>>;
  /** Files of the archive that were read, by the number of the last. */
  readonly lastFile: number;
  readonly differing: readonly Differing[];
}

const FILES_A_CALL = 20;
const ROWS_A_CALL = 500;
/** Rows that are made anew at once. */
const ROWS_A_REBUILD = 200;
/** While it was read the archive has grown: so often it is read on. */
const MOST_TRIES = 20;

const NOTHING: ProjectionSums = {
  balances: [],
  home_fees: [],
  book_days: [],
  usage_days: [],
  usage_hours: [],
  usage_months: [],
  node_days: [],
};

/** Compares every key of every projection. Rejects when the door does, or where the archive grows faster than it is read. */
export async function checkProjections(door: Projections): Promise<ProjectionReport> {
  let archive = { last: 0, sums: NOTHING };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    archive = await readArchive(door, archive);
    const report = await compareAll(door, archive);
    if (report) return report;
  }
  throw new Error('the archive grows faster than it is read');
}

/** Makes anew whatever differs; gives what still does, and what did. */
export async function rebuildProjections(
  door: Projections,
): Promise<{ readonly before: ProjectionReport; readonly after: ProjectionReport }> {
  const before = await checkProjections(door);
  let { lastFile, differing } = before;
  for (let tries = 0; tries < MOST_TRIES && differing.length > 0; tries++) {
    if (await rebuildAll(door, lastFile, differing)) break;
    ({ lastFile, differing } = await checkProjections(door));
  }
  return { before, after: await checkProjections(door) };
}

type Archive = Readonly<{ last: number; sums: ProjectionSums }>;

/** Reads on from where it was read to. */
async function readArchive(door: Projections, known: Archive): Promise<Archive> {
  let { last, sums } = known;
  for (;;) {
    const next = await door.readArchived(last, FILES_A_CALL);
    if (!next) return { last, sums };
    last = next.last;
    sums = addSums([sums, next.sums]);
  }
}

/** Null where a file has come to the archive meanwhile. */
async function compareAll(door: Projections, archive: Archive): Promise<ProjectionReport | null> {
  const rows = {
    balances: 0,
    home_fees: 0,
    book_days: 0,
    usage_days: 0,
    usage_hours: 0,
    usage_months: 0,
    node_days: 0,
  };
  const differing: Differing[] = [];
  for (const name of PROJECTIONS) {
    const archived = new Map(archive.sums[name].map(([key, sums]) => [JSON.stringify(key), { key, sums }]));
    let after: readonly (string | number)[] | null = null;
    let keptFrom = 0;
    do {
      const page: Awaited<ReturnType<Projections['readPage']>> = await door.readPage(name, after, ROWS_A_CALL);
      if (page.lastFile !== archive.last) return null;
      ({ keptFrom } = page);
      for (const { key, held, told } of page.rows) {
        const kept = archived.get(JSON.stringify(key))?.sums;
        archived.delete(JSON.stringify(key));
        rows[name]++;
        differing.push(...findDifference({ projection: name, key, held, told, archived: kept ?? held.map(() => 0) }));
      }
      after = page.rows.length < ROWS_A_CALL ? null : (page.rows.at(-1)?.key ?? null);
    } while (after);
    // What only the archive knows.
    for (const { key, sums } of archived.values()) {
      if ((name === 'usage_days' || name === 'usage_hours') && Number(key[1]) < keptFrom) continue;
      rows[name]++;
      const nothing = sums.map(() => 0);
      differing.push(...findDifference({ projection: name, key, held: nothing, told: nothing, archived: sums }));
    }
  }
  return { rows, lastFile: archive.last, differing };
}

/** `told`: what D1 tells. A key that is not there has sums of 0. */
function findDifference(one: Differing): Differing[] {
  const told = one.told.map((sum, i) => sum + (one.archived[i] ?? 0));
  return told.some((sum, i) => sum !== one.held[i]) ? [{ ...one, told }] : [];
}

/** False where a file has come to the archive meanwhile. */
async function rebuildAll(door: Projections, lastFile: number, differing: readonly Differing[]): Promise<boolean> {
  for (const name of PROJECTIONS) {
    const rows = differing.flatMap(({ projection, key, archived }): ProjectionRow[] =>
      projection === name ? [[key, archived]] : [],
    );
    for (let at = 0; at < rows.length; at += ROWS_A_REBUILD)
      if (!(await door.rebuild(name, lastFile, rows.slice(at, at + ROWS_A_REBUILD)))) return false;
  }
  return true;
}

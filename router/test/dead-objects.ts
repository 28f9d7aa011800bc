// What Durable Objects had on disk when workerd was killed: read from copies of their SQLite files, so that nothing is recovered or locked.
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DeadObjects {
  /** Parts that hubs had opened and not decided, and parts they had decided and not delivered. */
  readonly openParts: number;
  readonly dueParts: number;
  /** Entries that accounts had not handed to D1. */
  readonly waitingEntries: number;
}

/** Rows of a hub's journal that hold: the newest, and those that it names. */
const HOLDING = `SELECT body FROM journal WHERE number = (SELECT max(number) FROM journal) OR number IN
  (SELECT value FROM json_each((SELECT body->'holding' FROM journal ORDER BY number DESC LIMIT 1)))`;
const spoken = (list: string): string =>
  `SELECT value->>'ticketHash' FROM (${HOLDING}) AS held, json_each(held.body, '$.${list}')`;
const GONE = `SELECT value FROM (${HOLDING}) AS held, json_each(held.body, '$.gone')`;
const OPENED = `${spoken('opened')} EXCEPT ${GONE}`;
const ENDED = `SELECT * FROM (${spoken('ended')} EXCEPT ${GONE})`;

/** `folder` is the state folder of a network that is down. */
export async function readDeadObjects(folder: string): Promise<DeadObjects> {
  const copy = await mkdtemp(join(tmpdir(), 'irori-dead-'));
  await cp(folder, copy, { recursive: true });
  const files = (await readdir(copy, { recursive: true })).filter((file) => file.endsWith('.sqlite'));
  const list = (query: string): string[] => files.flatMap((file) => listIn(join(copy, file), query));
  const count = (query: string): number => list(query).reduce((sum, found) => sum + Number(found), 0);
  const booked = new Set(list(`SELECT lower(p.value->>0) FROM flushes, json_each(parts, '$.p') AS p`));
  const jobs = [0, 1].flatMap((slot) =>
    list(`SELECT p.value->>'$.fact[0]' FROM batches${slot}, json_each(piece, '$.parts') AS p`),
  );
  const counts = {
    openParts: count(`SELECT count(*) FROM (${OPENED} EXCEPT ${ENDED})`),
    dueParts: count(`SELECT count(*) FROM (${ENDED})`),
    waitingEntries:
      count('SELECT count(*) FROM outbox WHERE entry IS NOT NULL') + jobs.filter((job) => !booked.has(job)).length,
  };
  await rm(copy, { recursive: true });
  return counts;
}

/** The first column; nothing of a file without that table. */
function listIn(file: string, query: string): string[] {
  const database = new DatabaseSync(file);
  try {
    return database
      .prepare(query)
      .all()
      .map((row) => String(Object.values(row)[0]));
  } catch {
    return [];
  } finally {
    database.close();
  }
}

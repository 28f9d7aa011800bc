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
  const count = (query: string): number => files.reduce((sum, file) => sum + countIn(join(copy, file), query), 0);
  const counts = {
    openParts: count(`SELECT count(*) AS n FROM (${OPENED} EXCEPT ${ENDED})`),
    dueParts: count(`SELECT count(*) AS n FROM (${ENDED})`),
    waitingEntries: count('SELECT count(*) AS n FROM outbox WHERE entry IS NOT NULL'),
  };
  await rm(copy, { recursive: true });
  return counts;
}

/** 0 for a file without that table. */
function countIn(file: string, query: string): number {
  const database = new DatabaseSync(file);
  try {
    return Number(database.prepare(query).get()?.['n']);
  } catch {
    return 0;
  } finally {
    database.close();
  }
}

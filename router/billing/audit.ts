// The figures that anyone may check the book by, as of one moment. They are read from the whole book, so they are read seldom: an isolate asks D1 once
// in ten seconds, and all isolates together take at most a twentieth of the time for it, whoever asks.
import { COUNT_FRESH, FIND_DRIFTED, FIND_UNBALANCED, SUM_BOOKS, SUM_FLOWS, TOTAL } from './ledger-sql.ts';
import { ALL_WORK } from './usage-sql.ts';

/** Units and counts. */
export interface AuditFigures {
  /** When they were read, ms since epoch, and how long it took. */
  readonly at: number;
  readonly tookMs: number;
  /** The sum of all postings: always 0. */
  readonly total: number;
  /** Events and days whose postings do not sum to zero, and books that are not the sum of theirs, 100 of each at most: always none. */
  readonly unbalanced: number;
  readonly drifted: number;
  /** Accounts' books below 0: always none. */
  readonly overdrawn: number;
  /** What callers have paid for parts, and what of it owners earned and the fees kept: the first is the sum of the others. */
  readonly paid: number;
  readonly earned: number;
  readonly kept: number;
  readonly fees: number;
  readonly credit: number;
  readonly owned: number;
  readonly transit: number;
  readonly operator: number;
  readonly granted: number;
  readonly bought: number;
  /** What homes have done; a prompt counts for each home that read it. */
  readonly jobs: number;
  readonly parts: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly energyMicroWh: number;
  readonly energyParts: number;
  /** Flushes that are in these figures, and in no balance yet. */
  readonly waiting: number;
}

export interface Audit {
  /** As of `now`, or of some seconds before. Rejects when D1 does and nothing has been read before. */
  readonly read: (now: number) => Promise<AuditFigures>;
}

export const AUDIT_EVERY_MS = 10_000;
/** A reading that took long is not repeated for so many times as long. */
const REST = 19;

/** Takes the turn to read for all, where it is time; ?1: now. */
const CLAIM = `INSERT INTO audits (id, claimed_at, took_ms) VALUES (1, ?1, 0) ON CONFLICT (id) DO UPDATE SET claimed_at = excluded.claimed_at
    WHERE excluded.claimed_at - audits.claimed_at >= max(${AUDIT_EVERY_MS}, ${REST} * audits.took_ms) RETURNING id`;
const FIGURES = 'SELECT figures FROM audits WHERE id = 1';
const KEEP = 'UPDATE audits SET figures = ?1, took_ms = ?2 WHERE id = 1';
const COUNT = (find: string): string => `SELECT count(*) AS found FROM (${find})`;

/** `clock`: ms, for how long a reading takes. */
export function makeAudit(database: D1Database, clock: () => number): Audit {
  let last: AuditFigures | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<AuditFigures> | null = null;
  const ask = async (now: number): Promise<AuditFigures> => {
    const [claimed, kept] = await database.batch<{ figures?: string | null }>([
      database.prepare(CLAIM).bind(now),
      database.prepare(FIGURES),
    ]);
    const known = kept?.results[0]?.figures;
    if (claimed?.results.length === 0 && known) return JSON.parse(known) as AuditFigures;
    const figures = await readFigures(database, now, clock);
    await database.prepare(KEEP).bind(JSON.stringify(figures), figures.tookMs).run();
    return figures;
  };
  return {
    read: async (now) => {
      if (last && now - askedAt < AUDIT_EVERY_MS) return last;
      // Whoever asks meanwhile waits for the same answer.
      asking ??= ask(now).finally(() => (asking = null));
      try {
        last = await asking;
      } catch (error) {
        if (!last) throw error;
      }
      askedAt = now;
      return last;
    },
  };
}

/** In one transaction. */
async function readFigures(database: D1Database, now: number, clock: () => number): Promise<AuditFigures> {
  const from = clock();
  const texts = [TOTAL, COUNT(FIND_UNBALANCED), COUNT(FIND_DRIFTED), SUM_FLOWS, SUM_BOOKS, ALL_WORK, COUNT_FRESH];
  const results = await database.batch<Record<string, number>>(texts.map((text) => database.prepare(text)));
  const [total, unbalanced, drifted, ...sums] = results.map((result) => result.results[0] ?? {});
  return {
    at: now,
    tookMs: Math.round(clock() - from),
    total: total?.['sum'] ?? 0,
    unbalanced: unbalanced?.['found'] ?? 0,
    drifted: drifted?.['found'] ?? 0,
    ...(Object.assign({}, ...sums) as Omit<AuditFigures, 'at' | 'tookMs' | 'total' | 'unbalanced' | 'drifted'>),
  };
}

// Which alerts of an account were sent, where, and what was answered, in its object's SQLite: so many of the last 30 days. Written where alerts are sent, which
// no call waits for; what was never tried is not in it.

/** The newest; older ones make room. */
const MOST_SENT = 100;
const KEPT_MS = 30 * 86_400_000;

/** An HTTP status; 'away' where nobody answered, 'refused' for an address where none may be sent. */
export type AlertAnswer = number | 'away' | 'refused';

/** One alert, however often it was tried. */
export interface SentAlert {
  /** As `webhook-id` said it. */
  readonly id: string;
  /** As it was sent: JSON. */
  readonly body: string;
  /** Of the last try, as its answer and when it was, ms since epoch. */
  readonly url: string;
  readonly at: number;
  readonly answer: AlertAnswer;
  readonly tries: number;
  /** When it is tried again; null where that is not wanted or of no use. */
  readonly nextAt: number | null;
}

const TABLE = `CREATE TABLE IF NOT EXISTS sentAlerts (id TEXT PRIMARY KEY, body TEXT NOT NULL, url TEXT NOT NULL, at INTEGER NOT NULL,
    answer TEXT NOT NULL, tries INTEGER NOT NULL)`;
const NOTE = `INSERT INTO sentAlerts VALUES (?, ?, ?, ?, ?, 1)
    ON CONFLICT (id) DO UPDATE SET url = excluded.url, at = excluded.at, answer = excluded.answer, tries = tries + 1`;
const LIST = `SELECT s.id, s.body, s.url, s.at, s.answer, s.tries, a.nextAt FROM sentAlerts AS s LEFT JOIN alerts AS a ON a.id = s.id
    WHERE s.at >= ? ORDER BY s.at DESC, s.id`;

export class AlertHistory {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
  }

  /** One try, and its answer. */
  note({ id, body, url }: Pick<SentAlert, 'id' | 'body' | 'url'>, answer: AlertAnswer, now: number): void {
    this.#sql.exec(NOTE, id, body, url, now, String(answer));
    this.#sql.exec('DELETE FROM sentAlerts WHERE at < ?', now - KEPT_MS);
    this.#sql.exec(
      'DELETE FROM sentAlerts WHERE id IN (SELECT id FROM sentAlerts ORDER BY at DESC, id LIMIT -1 OFFSET ?)',
      MOST_SENT,
    );
  }

  /** The last tried first. */
  list(now: number): SentAlert[] {
    type Row = Omit<SentAlert, 'answer'> & { answer: string };
    const rows = this.#sql.exec<Row>(LIST, now - KEPT_MS).toArray();
    return rows.map((row) => ({ ...row, answer: readAnswer(row.answer) }));
  }
}

function readAnswer(answer: string): AlertAnswer {
  return answer === 'away' || answer === 'refused' ? answer : Number(answer);
}

/** Whether somebody took it. */
export function isTaken({ answer }: Pick<SentAlert, 'answer'>): boolean {
  return typeof answer === 'number' && answer >= 200 && answer < 300;
}

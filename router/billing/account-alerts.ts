// What an account wants to be told of, in its object's SQLite: where to, what was told already, and the alerts that are on their way, with their tries.
// Alerts are written with what they tell of, and sent by the object's alarm: no call waits for one.
import { makeLog } from '../log.ts';
import { AlertHistory } from './alert-history.ts';
import { findBalanceAlert, findSpendAlerts, LOW_BALANCE, makeTestAlert } from './find-alerts.ts';
import type { Alert } from './find-alerts.ts';

const log = makeLog('billing');

/** Alerts on their way: the oldest make room. */
const MOST_WAITING = 64;
/** As many as the platform sends at once. */
const MOST_AT_ONCE = 6;
/** Tries of one alert, over about a day. */
const MOST_TRIES = 8;
const RETRY_FACTOR = 6;
const LONGEST_RETRY_MS = 10 * 3_600_000;

export interface AlertSettings {
  /** Judged by judgeWebhookUrl. */
  readonly url: string;
  /** Units; null for no alert of a low balance. */
  readonly lowBalance: number | null;
}

/** An alert that is due to be sent. */
export interface DueAlert {
  readonly id: string;
  readonly body: string;
  readonly url: string;
  readonly secret: string;
}

const TABLES = [
  'CREATE TABLE IF NOT EXISTS alertSettings (id INTEGER PRIMARY KEY CHECK (id = 1), url TEXT NOT NULL, secret TEXT NOT NULL, lowBalance INTEGER)',
  'CREATE TABLE IF NOT EXISTS toldAlerts (name TEXT PRIMARY KEY, period TEXT NOT NULL) WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS alerts (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL,
    nextAt INTEGER NOT NULL)`,
];

type SettingsRow = { url: string; secret: string; lowBalance: number | null };

export class AccountAlerts {
  /** Of what was sent. */
  readonly history: AlertHistory;
  readonly #sql: SqlStorage;
  readonly #accountId: string;
  #settings: SettingsRow | null;
  readonly #told = new Map<string, string>();
  /** When the next alert is to be sent, ms since epoch; null where none waits. */
  #nextAt: number | null;

  /** For the caller's transaction. */
  constructor(sql: SqlStorage, accountId: string) {
    this.#sql = sql;
    this.#accountId = accountId;
    for (const table of TABLES) sql.exec(table);
    this.history = new AlertHistory(sql);
    this.#settings = sql.exec<SettingsRow>('SELECT url, secret, lowBalance FROM alertSettings').toArray()[0] ?? null;
    for (const { name, period } of sql.exec<{ name: string; period: string }>('SELECT name, period FROM toldAlerts'))
      this.#told.set(name, period);
    this.#nextAt = this.#readNextAt();
  }

  /** True where anybody wants to hear anything. */
  get isOn(): boolean {
    return this.#settings !== null;
  }

  get settings(): AlertSettings | null {
    return this.#settings && { url: this.#settings.url, lowBalance: this.#settings.lowBalance };
  }

  get nextAt(): number | null {
    return this.#nextAt;
  }

  /** How many are on their way. */
  get waiting(): number {
    return this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM alerts').one().count;
  }

  /** What is wished for from now on; null ends it, and what is on its way goes nowhere. A secret that is left out stays as it is: false where there is none. */
  change(settings: AlertSettings | null, secret: string | null): boolean {
    if (!settings) {
      for (const table of ['alertSettings', 'toldAlerts', 'alerts']) this.#sql.exec(`DELETE FROM ${table}`);
      this.#settings = null;
      this.#told.clear();
      this.#nextAt = null;
      return true;
    }
    const kept = secret ?? this.#settings?.secret;
    if (kept === undefined) return false;
    const { url, lowBalance } = settings;
    this.#sql.exec('INSERT OR REPLACE INTO alertSettings VALUES (1, ?, ?, ?)', url, kept, lowBalance);
    this.#settings = { url, secret: kept, lowBalance };
    return true;
  }

  /** A test sets out, as any alert; gives its id, null where nobody wants to hear anything. For the caller's transaction. */
  test(now: number): string | null {
    if (!this.#settings) return null;
    const alert = makeTestAlert(this.#accountId, now);
    this.#add(alert, now);
    return alert.id;
  }

  /** A key has spent something, or was refused for what it had spent. For the caller's transaction. */
  noteSpending(facts: Omit<Parameters<typeof findSpendAlerts>[0], 'accountId'>, now: number): void {
    if (!this.#settings) return;
    for (const { alert, with: lower } of findSpendAlerts({ ...facts, accountId: this.#accountId }, now)) {
      if (this.#told.get(alert.name) === alert.period) continue;
      for (const one of [alert, ...lower]) this.#noteTold(one);
      this.#add(alert, now);
    }
  }

  /** The account's balance has changed, in units. For the caller's transaction. */
  noteBalance(balance: number, now: number): void {
    const lowBalance = this.#settings?.lowBalance ?? null;
    if (lowBalance === null) return;
    const alert = findBalanceAlert({ accountId: this.#accountId, balance, lowBalance }, now);
    const isTold = this.#told.has(LOW_BALANCE);
    if (alert && !isTold) {
      this.#noteTold(alert);
      this.#add(alert, now);
    } else if (!alert && isTold) {
      this.#sql.exec('DELETE FROM toldAlerts WHERE name = ?', LOW_BALANCE);
      this.#told.delete(LOW_BALANCE);
    }
  }

  /** The first alerts that are due, each counted as tried: one whose sending is cut off comes again. */
  takeDue(now: number, retryMs: number): DueAlert[] {
    const settings = this.#settings;
    if (!settings || this.#nextAt === null || this.#nextAt > now) return [];
    type Row = { seq: number; id: string; body: string; tries: number };
    const rows = this.#sql
      .exec<Row>('SELECT seq, id, body, tries FROM alerts WHERE nextAt <= ? ORDER BY seq LIMIT ?', now, MOST_AT_ONCE)
      .toArray();
    for (const { seq, tries } of rows) {
      const waitMs = Math.min(LONGEST_RETRY_MS, retryMs * RETRY_FACTOR ** tries);
      if (tries + 1 < MOST_TRIES)
        this.#sql.exec('UPDATE alerts SET tries = ?, nextAt = ? WHERE seq = ?', tries + 1, now + waitMs, seq);
      // The last try: nothing is left to come again.
      else this.#sql.exec('DELETE FROM alerts WHERE seq = ?', seq);
    }
    this.#nextAt = this.#readNextAt();
    return rows.map(({ id, body }) => ({ id, body, url: settings.url, secret: settings.secret }));
  }

  /** An alert has arrived, or is wanted by nobody any more. */
  end(id: string): void {
    this.#sql.exec('DELETE FROM alerts WHERE id = ?', id);
    this.#nextAt = this.#readNextAt();
  }

  #add({ id, body }: Alert, now: number): void {
    this.#sql.exec('INSERT INTO alerts (id, body, tries, nextAt) VALUES (?, ?, 0, ?)', id, JSON.stringify(body), now);
    const count = this.waiting - MOST_WAITING;
    if (count > 0) {
      log.warn('alerts-dropped', { accountId: this.#accountId, count });
      this.#sql.exec('DELETE FROM alerts WHERE seq IN (SELECT seq FROM alerts ORDER BY seq LIMIT ?)', count);
    }
    this.#nextAt = this.#readNextAt();
  }

  #noteTold({ name, period }: Pick<Alert, 'name' | 'period'>): void {
    this.#sql.exec('INSERT OR REPLACE INTO toldAlerts VALUES (?, ?)', name, period);
    this.#told.set(name, period);
  }

  #readNextAt(): number | null {
    return this.#sql.exec<{ at: number | null }>('SELECT min(nextAt) AS at FROM alerts').one().at;
  }
}

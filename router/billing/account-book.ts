// One account's money in its object's SQLite: the balance, the holds on it and what has been applied. An account can never spend
// more than it has: balance ≥ sum of holds ≥ 0 after every call. Reads come from memory, which is written after the database is.
import type { SettlementJson } from '../../schema/settlement.ts';
import { buildGrantEntry, buildSettleEntry, grantEventId, settleEventId } from './build-entry.ts';
import type { LedgerEntry } from './build-entry.ts';
import type { Outbox } from './outbox.ts';

export interface HoldRequest {
  readonly jobId: string;
  readonly keyId: string;
  /** Units, an integer ≥ 0; 0 for a free model, where the hold still proves that key and account may call. */
  readonly amount: number;
  /** When the hold lapses by itself, ms since epoch. */
  readonly expiresAt: number;
}

export type HoldAnswer =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly reason: 'no-credit' | 'key-revoked' | 'account-disabled';
      /** Units that could be held now. */
      readonly available: number;
    };

export interface Totals {
  readonly jobs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly charged: number;
}

interface Hold {
  readonly amount: number;
  readonly expiresAt: number;
}

/** The account's row: what a restart must know. */
interface State extends Totals {
  readonly balance: number;
  readonly disabledAt: number | null;
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY CHECK (id = 1), balance INTEGER NOT NULL, disabledAt INTEGER,
    jobs INTEGER NOT NULL, promptTokens INTEGER NOT NULL, outputTokens INTEGER NOT NULL, charged INTEGER NOT NULL)`,
  'INSERT INTO account VALUES (1, 0, NULL, 0, 0, 0, 0) ON CONFLICT DO NOTHING',
  'CREATE TABLE IF NOT EXISTS holds (jobId TEXT PRIMARY KEY, amount INTEGER NOT NULL, expiresAt INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS revokedKeys (keyId TEXT PRIMARY KEY) WITHOUT ROWID',
];

export class AccountBook {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #outbox: Outbox;
  readonly #holds = new Map<string, Hold>();
  readonly #revoked = new Set<string>();
  #held = 0;
  #nextExpiryAt = Number.POSITIVE_INFINITY;
  #state: State;

  constructor(storage: DurableObjectStorage, outbox: Outbox) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#outbox = outbox;
    for (const table of TABLES) this.#sql.exec(table);
    const columns = 'balance, disabledAt, jobs, promptTokens, outputTokens, charged';
    this.#state = this.#sql.exec<State & Record<string, SqlStorageValue>>(`SELECT ${columns} FROM account`).one();
    for (const row of this.#sql.exec<{ jobId: string; amount: number; expiresAt: number }>(
      'SELECT jobId, amount, expiresAt FROM holds',
    ))
      this.#remember(row.jobId, { amount: row.amount, expiresAt: row.expiresAt });
    for (const row of this.#sql.exec<{ keyId: string }>('SELECT keyId FROM revokedKeys')) this.#revoked.add(row.keyId);
  }

  /** Sets credit aside for a job. The same job again replaces its hold, so a repeated call holds once. */
  hold(request: HoldRequest, now: number): HoldAnswer {
    this.sweep(now);
    const before = this.#holds.get(request.jobId)?.amount ?? 0;
    const available = this.available + before;
    if (!Number.isSafeInteger(request.amount) || request.amount < 0)
      throw new RangeError('a hold is a whole number ≥ 0');
    if (this.#state.disabledAt !== null) return { ok: false, reason: 'account-disabled', available };
    if (this.#revoked.has(request.keyId)) return { ok: false, reason: 'key-revoked', available };
    if (request.amount > available) return { ok: false, reason: 'no-credit', available };
    const hold = { amount: request.amount, expiresAt: request.expiresAt };
    if (hold.amount > 0 || before > 0) this.#writeHold(request.jobId, hold);
    this.#remember(request.jobId, hold);
    return { ok: true };
  }

  /** Gives a job's hold back; a job without one is left alone. */
  release(jobId: string): void {
    const hold = this.#holds.get(jobId);
    if (!hold) return;
    if (hold.amount > 0) this.#sql.exec('DELETE FROM holds WHERE jobId = ?', jobId);
    this.#forget(jobId);
  }

  /**
   * Charges a part once. Never more than the job still holds, and, where its hold has lapsed, never more than is available: what
   * is missing then is the network's loss and stands in the event's memo. The final part gives the rest of the hold back.
   */
  settle(settlement: SettlementJson, now: number): boolean {
    this.sweep(now);
    const { jobId, part, isFinal } = settlement;
    if (this.#outbox.has(settleEventId(jobId, part))) return false;
    const hold = this.#holds.get(jobId);
    const charge = Math.min(settlement.charge, hold ? hold.amount : this.available);
    const rest = hold ? { amount: hold.amount - charge, expiresAt: hold.expiresAt } : null;
    const state = {
      ...this.#state,
      balance: this.#state.balance - charge,
      jobs: this.#state.jobs + (isFinal ? 1 : 0),
      promptTokens: this.#state.promptTokens + settlement.promptTokens,
      outputTokens: this.#state.outputTokens + settlement.outputTokens,
      charged: this.#state.charged + charge,
    };
    this.#storage.transactionSync(() => {
      this.#outbox.add(buildCharge(settlement, charge, hold !== undefined), -charge);
      this.#writeState(state);
      if (!hold || hold.amount === 0 || !rest) return;
      if (isFinal) this.#sql.exec('DELETE FROM holds WHERE jobId = ?', jobId);
      else if (charge > 0) this.#writeHold(jobId, rest);
    });
    this.#state = state;
    if (isFinal) this.#forget(jobId);
    else if (rest) this.#remember(jobId, rest);
    return true;
  }

  /** Adds credit once by its event id. */
  grant(
    grant: {
      readonly eventId: string;
      readonly accountId: string;
      readonly amount: number;
      readonly memo: string | null;
    },
    now: number,
  ): boolean {
    if (
      !Number.isSafeInteger(grant.amount) ||
      grant.amount <= 0 ||
      !Number.isSafeInteger(this.#state.balance + grant.amount)
    )
      throw new RangeError('a grant is a whole number above 0 that the balance can carry');
    if (this.#outbox.has(grantEventId(grant.eventId))) return false;
    const state = { ...this.#state, balance: this.#state.balance + grant.amount };
    this.#storage.transactionSync(() => {
      this.#outbox.add(buildGrantEntry({ ...grant, at: now }), grant.amount);
      this.#writeState(state);
    });
    this.#state = state;
    return true;
  }

  /** From now on no hold for this key. */
  revokeKey(keyId: string): void {
    this.#sql.exec('INSERT INTO revokedKeys VALUES (?) ON CONFLICT DO NOTHING', keyId);
    this.#revoked.add(keyId);
  }

  /** From now on no hold at all. */
  disable(now: number): void {
    if (this.#state.disabledAt !== null) return;
    const state = { ...this.#state, disabledAt: now };
    this.#writeState(state);
    this.#state = state;
  }

  /** Drops lapsed holds; costs nothing while none has lapsed. */
  sweep(now: number): void {
    if (now < this.#nextExpiryAt) return;
    this.#sql.exec('DELETE FROM holds WHERE expiresAt <= ?', now);
    this.#nextExpiryAt = Number.POSITIVE_INFINITY;
    for (const [jobId, hold] of this.#holds) {
      if (hold.expiresAt <= now) this.#forget(jobId);
      else this.#nextExpiryAt = Math.min(this.#nextExpiryAt, hold.expiresAt);
    }
  }

  isHeld(jobId: string): boolean {
    return this.#holds.has(jobId);
  }

  get balance(): number {
    return this.#state.balance;
  }

  get held(): number {
    return this.#held;
  }

  get available(): number {
    return this.#state.balance - this.#held;
  }

  get totals(): Totals {
    const { jobs, promptTokens, outputTokens, charged } = this.#state;
    return { jobs, promptTokens, outputTokens, charged };
  }

  #writeHold(jobId: string, hold: Hold): void {
    this.#sql.exec('INSERT OR REPLACE INTO holds VALUES (?, ?, ?)', jobId, hold.amount, hold.expiresAt);
  }

  #writeState(state: State): void {
    const { balance, disabledAt, jobs, promptTokens, outputTokens, charged } = state;
    const set = 'balance = ?, disabledAt = ?, jobs = ?, promptTokens = ?, outputTokens = ?, charged = ?';
    this.#sql.exec(`UPDATE account SET ${set}`, balance, disabledAt, jobs, promptTokens, outputTokens, charged);
  }

  #remember(jobId: string, hold: Hold): void {
    this.#forget(jobId);
    this.#holds.set(jobId, hold);
    this.#held += hold.amount;
    this.#nextExpiryAt = Math.min(this.#nextExpiryAt, hold.expiresAt);
  }

  #forget(jobId: string): void {
    this.#held -= this.#holds.get(jobId)?.amount ?? 0;
    this.#holds.delete(jobId);
  }
}

function buildCharge(settlement: SettlementJson, charge: number, wasHeld: boolean): LedgerEntry {
  if (charge === settlement.charge) return buildSettleEntry(settlement, null);
  const limit = wasHeld ? 'the hold' : 'the credit left after its hold had lapsed';
  return buildSettleEntry({ ...settlement, charge }, `charge lowered from ${settlement.charge} to ${charge}: ${limit}`);
}

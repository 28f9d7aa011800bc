// The keys of one account in its object's SQLite: what limits them, and what each of them has spent. What was spent lately stands in the state that every
// batch writes anyway, so that it costs no row; what has grown is folded into pages of many keys.
import type { KeyLimits } from '../../schema/key-limits.ts';
import type { AccountState } from './account-state.ts';
import type { SpendFacts } from './judge-spend.ts';
import { leftToSpend } from './judge-spend.ts';
import { addSpending, readSpending } from './sum-spending.ts';
import type { KeySpending, Spent } from './sum-spending.ts';

/** So many keys at most stand in the state, some seventy bytes each. */
const MOST_IN_STATE = 16;
/** Keys of one page, which is written as a whole: some 18 KB. */
const PAGE_KEYS = 256;

const TABLES = [
  'CREATE TABLE IF NOT EXISTS keyLimits (keyId TEXT PRIMARY KEY, limits TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS keySpending (page INTEGER PRIMARY KEY, spent TEXT NOT NULL)',
];

type Page = readonly (readonly [keyId: string, spending: KeySpending])[];

export class AccountKeys {
  readonly #sql: SqlStorage;
  readonly #limits = new Map<string, KeyLimits>();
  /** What is in pages, a key in its place. */
  readonly #folded = new Map<string, { readonly place: number; readonly spending: KeySpending }>();

  /** For the caller's transaction. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    for (const row of sql.exec<{ keyId: string; limits: string }>('SELECT keyId, limits FROM keyLimits'))
      this.#limits.set(row.keyId, JSON.parse(row.limits) as KeyLimits);
    for (const row of sql.exec<{ spent: string }>('SELECT spent FROM keySpending ORDER BY page'))
      for (const [keyId, spending] of JSON.parse(row.spent) as Page)
        this.#folded.set(keyId, { place: this.#folded.size, spending });
  }

  limitsOf(keyId: string): KeyLimits | null {
    return this.#limits.get(keyId) ?? null;
  }

  /** Sets what limits a key from now on; null for nothing. */
  setLimits(keyId: string, limits: KeyLimits | null): void {
    if (limits) this.#sql.exec('INSERT OR REPLACE INTO keyLimits VALUES (?, ?)', keyId, JSON.stringify(limits));
    else this.#sql.exec('DELETE FROM keyLimits WHERE keyId = ?', keyId);
    if (limits) this.#limits.set(keyId, limits);
    else this.#limits.delete(keyId);
  }

  /** Whether a restart must know of each unit that is held for a key. */
  isLimited(keyId: string): boolean {
    const limits = this.#limits.get(keyId);
    return limits !== undefined && (limits.day !== null || limits.month !== null || limits.total !== null);
  }

  /** Units spent by now, with a charge that is not in the state yet. */
  spentBy(state: AccountState, keyId: string, now: number, charge = 0): Spent {
    const spending = this.#find(state, keyId);
    return readSpending(charge > 0 ? addSpending(spending, charge, now) : spending, now);
  }

  /** Units that a key's spend limits leave, 0 or more; null where there is none. */
  leftOf(keyId: string, facts: SpendFacts): number | null {
    return leftToSpend(this.limitsOf(keyId), facts);
  }

  /** The state after charges, units by key. Where it has grown its keys become pages; for the caller's transaction. */
  charge(state: AccountState, charges: ReadonlyMap<string, number>, now: number): AccountState {
    const keys = { ...state.keys };
    for (const [keyId, charge] of charges) keys[keyId] = addSpending(this.#find(state, keyId), charge, now);
    if (Object.keys(keys).length <= MOST_IN_STATE) return { ...state, keys };
    this.#fold(keys);
    return { ...state, keys: {} };
  }

  #find({ keys }: AccountState, keyId: string): KeySpending | undefined {
    return (keys && Object.hasOwn(keys, keyId) ? keys[keyId] : undefined) ?? this.#folded.get(keyId)?.spending;
  }

  #fold(keys: Readonly<Record<string, KeySpending>>): void {
    const touched = new Set<number>();
    for (const [keyId, spending] of Object.entries(keys)) {
      const place = this.#folded.get(keyId)?.place ?? this.#folded.size;
      this.#folded.set(keyId, { place, spending });
      touched.add(Math.floor(place / PAGE_KEYS));
    }
    const all = [...this.#folded];
    for (const page of touched) {
      const some = all
        .slice(page * PAGE_KEYS, (page + 1) * PAGE_KEYS)
        .map(([keyId, { spending }]) => [keyId, spending]);
      this.#sql.exec('INSERT OR REPLACE INTO keySpending VALUES (?, ?)', page, JSON.stringify(some));
    }
  }
}

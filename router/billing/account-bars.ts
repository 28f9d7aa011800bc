// What of one account is refused from now on, in its object's SQLite: keys that were revoked, what edges knew of keys before they were changed, and pools
// that it has left.

const TABLES = [
  'CREATE TABLE IF NOT EXISTS revokedKeys (keyId TEXT PRIMARY KEY) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS changedKeys (keyId TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS leftPools (poolId TEXT PRIMARY KEY) WITHOUT ROWID',
];

export class AccountBars {
  readonly #sql: SqlStorage;
  readonly #revoked = new Set<string>();
  readonly #changed = new Map<string, number>();
  readonly #left = new Set<string>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    for (const row of sql.exec<{ keyId: string }>('SELECT keyId FROM revokedKeys')) this.#revoked.add(row.keyId);
    for (const row of sql.exec<{ keyId: string; at: number }>('SELECT keyId, at FROM changedKeys'))
      this.#changed.set(row.keyId, row.at);
    for (const row of sql.exec<{ poolId: string }>('SELECT poolId FROM leftPools')) this.#left.add(row.poolId);
  }

  /** Why a job with this key, in this pool, is refused; null where it is not. */
  find({
    keyId,
    rightsAt,
    poolId,
  }: {
    readonly keyId: string;
    readonly rightsAt?: number;
    readonly poolId?: string | null;
  }): 'key-revoked' | 'key-changed' | 'pool-left' | null {
    if (this.#revoked.has(keyId)) return 'key-revoked';
    if (rightsAt !== undefined && rightsAt < (this.#changed.get(keyId) ?? 0)) return 'key-changed';
    return poolId && this.#left.has(poolId) ? 'pool-left' : null;
  }

  get revokedKeys(): string[] {
    return [...this.#revoked];
  }

  revokeKey(keyId: string): void {
    this.#sql.exec('INSERT INTO revokedKeys VALUES (?) ON CONFLICT DO NOTHING', keyId);
    this.#revoked.add(keyId);
  }

  /** What the key may do has changed: an edge that has read it before asks anew. */
  changeKey(keyId: string, at: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO changedKeys VALUES (?, ?)', keyId, at);
    this.#changed.set(keyId, at);
  }

  leavePool(poolId: string): void {
    this.#sql.exec('INSERT INTO leftPools VALUES (?) ON CONFLICT DO NOTHING', poolId);
    this.#left.add(poolId);
  }

  joinPool(poolId: string): void {
    this.#sql.exec('DELETE FROM leftPools WHERE poolId = ?', poolId);
    this.#left.delete(poolId);
  }
}

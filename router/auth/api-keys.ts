// The door to API keys in D1, behind the isolate's cache.
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { makeId } from '../../schema/ids.ts';
import type { KeyLimits } from '../../schema/key-limits.ts';
import { keyDefaultsSchema } from '../../schema/provider.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { accounts, apiKeys } from '../../schema/tables.ts';
import { checkApiKey } from './check-api-key.ts';
import { judgeKey } from './judge-key.ts';
import type { Caller, CallerPool, KeyFault, KeyRow } from './judge-key.ts';
import { MOST_KIN } from './make-kin.ts';
import type { KeyCache } from './key-cache.ts';
import { mintApiKey } from './mint-api-key.ts';
import { readBearer } from './read-bearer.ts';

export interface NewKey {
  readonly accountId: string;
  readonly name: string;
  readonly expiresAt: number | null;
  /** As the operator wrote them, checked by keyDefaultsSchema. */
  readonly defaults: object | null;
  /** The account's own object must be told too. */
  readonly limits?: KeyLimits | null;
}

export interface MintedKey {
  readonly id: string;
  /** The whole key, shown this once. */
  readonly key: string;
}

export interface ListedKey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly defaults: object | null;
  readonly limits: KeyLimits | null;
}

export interface ApiKeys {
  /** Who calls. No I/O for a key that is malformed, foreign or cached, no hash for a header that was right within the minute; one D1 read else. Rejects when D1 does. */
  readonly authenticate: (header: string | null | undefined, now: number) => Promise<Result<Caller, KeyFault>>;
  readonly mint: (key: NewKey, now: number) => Promise<Result<MintedKey, 'no-account'>>;
  /** Marks a key revoked; again is the same. The account's own object must be told too (it refuses holds at once). */
  readonly revoke: (keyId: string, now: number) => Promise<Result<{ readonly accountId: string }, 'no-key'>>;
  /** Replaces what the key says for requests that do not; seen here at once, elsewhere within a minute. */
  readonly setDefaults: (keyId: string, defaults: object | null) => Promise<Result<null, 'no-key'>>;
  /** Replaces what limits a key; the account's own object must be told too, which decides. */
  readonly setLimits: (
    keyId: string,
    limits: KeyLimits | null,
  ) => Promise<Result<{ readonly accountId: string }, 'no-key'>>;
  readonly list: (accountId: string) => Promise<ListedKey[]>;
  /** Drops what is cached of an account, after it was disabled or its pools changed. */
  readonly forgetAccount: (accountId: string) => void;
}

/** `random(n)` gives n cryptographically random bytes; keys are minted under `secret`, and those under `previous` are taken too. */
export function makeApiKeys(doors: {
  readonly db: D1Database;
  /** KEY_HMAC_SECRET. */
  readonly secret: string;
  /** KEY_HMAC_SECRET_PREVIOUS, while keys are being changed. */
  readonly previous?: string | undefined;
  readonly cache: KeyCache;
  readonly random: (bytes: number) => Uint8Array;
}): ApiKeys {
  const db = drizzle(doors.db);
  const { cache, secret, previous, random } = doors;
  const secrets = previous === undefined ? [secret] : [secret, previous];
  return {
    authenticate: async (header, now) => {
      const known = header ? cache.recall(header, now) : undefined;
      if (known) return judgeKey(known, now);
      const token = readBearer(header);
      if (!token.ok) return token;
      const hash = checkApiKey(token.value, ...secrets);
      if (!hash.ok) return hash;
      let row = cache.get(hash.value, now);
      if (row === undefined) {
        row = await findRow(db, hash.value);
        cache.set(hash.value, row, now);
      }
      if (header) cache.noteHeader(header, hash.value);
      return judgeKey(row, now);
    },
    mint: async ({ accountId, name, expiresAt, defaults, limits = null }, now) => {
      const account = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, accountId)).get();
      if (!account) return err('no-account');
      const id = makeId('key', random(16));
      const minted = mintApiKey(random(24), secret);
      const row = { id, accountId, hash: minted.hash, name, createdAt: now, expiresAt };
      const said = { defaults: defaults && JSON.stringify(defaults), limits: limits && JSON.stringify(limits) };
      await db.insert(apiKeys).values({ ...row, ...said });
      return ok({ id, key: minted.key });
    },
    revoke: async (keyId, now) => {
      await db
        .update(apiKeys)
        .set({ revokedAt: now })
        .where(and(eq(apiKeys.id, keyId), isNull(apiKeys.revokedAt)));
      cache.forgetKey(keyId);
      const row = await db.select({ accountId: apiKeys.accountId }).from(apiKeys).where(eq(apiKeys.id, keyId)).get();
      return row ? ok(row) : err('no-key');
    },
    setDefaults: async (keyId, defaults) => {
      const text = defaults && JSON.stringify(defaults);
      const changed = await db.update(apiKeys).set({ defaults: text }).where(eq(apiKeys.id, keyId)).returning().get();
      cache.forgetKey(keyId);
      return changed ? ok(null) : err('no-key');
    },
    setLimits: (keyId, limits) => writeLimits(db, keyId, limits),
    list: (accountId) => listKeys(db, accountId),
    forgetAccount: (accountId) => cache.forgetAccount(accountId),
  };
}

async function writeLimits(
  db: ReturnType<typeof drizzle>,
  keyId: string,
  limits: KeyLimits | null,
): Promise<Result<{ readonly accountId: string }, 'no-key'>> {
  const changed = await db
    .update(apiKeys)
    .set({ limits: limits && JSON.stringify(limits) })
    .where(eq(apiKeys.id, keyId))
    .returning({ accountId: apiKeys.accountId })
    .get();
  return changed ? ok(changed) : err('no-key');
}

async function listKeys(db: ReturnType<typeof drizzle>, accountId: string): Promise<ListedKey[]> {
  const rows = await db
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      createdAt: apiKeys.createdAt,
      expiresAt: apiKeys.expiresAt,
      revokedAt: apiKeys.revokedAt,
      defaults: apiKeys.defaults,
      limits: apiKeys.limits,
    })
    .from(apiKeys)
    .where(eq(apiKeys.accountId, accountId))
    .orderBy(asc(apiKeys.createdAt))
    .limit(1000)
    .all();
  return rows.map((row) => ({
    ...row,
    defaults: row.defaults === null ? null : (JSON.parse(row.defaults) as object),
    limits: row.limits === null ? null : (JSON.parse(row.limits) as KeyLimits),
  }));
}

const POOLS = sql<string>`(
  SELECT json_group_array(json_object('id', pools.id, 'name', pools.name)) FROM pools
  WHERE pools.owner_account_id = accounts.id
    OR EXISTS (SELECT 1 FROM pool_members WHERE pool_id = pools.id AND account_id = accounts.id))`;

const WALLETS = sql<string>`(
  SELECT json_group_array(wallet) FROM (SELECT DISTINCT wallet FROM nodes WHERE account_id = accounts.id AND wallet IS NOT NULL LIMIT ${MOST_KIN}))`;

/** A key with all that a call needs to know of its account, in one read. Throws on stored defaults that no longer parse: a wish is never dropped unheard. */
async function findRow(db: ReturnType<typeof drizzle>, hash: string): Promise<KeyRow | null> {
  const row = await db
    .select({
      keyId: apiKeys.id,
      accountId: apiKeys.accountId,
      expiresAt: apiKeys.expiresAt,
      revokedAt: apiKeys.revokedAt,
      disabledAt: accounts.disabledAt,
      defaults: apiKeys.defaults,
      pools: POOLS,
      wallets: WALLETS,
    })
    .from(apiKeys)
    .innerJoin(accounts, eq(accounts.id, apiKeys.accountId))
    .where(eq(apiKeys.hash, hash))
    .get();
  if (!row) return null;
  const defaults = row.defaults === null ? null : keyDefaultsSchema.parse(JSON.parse(row.defaults));
  return {
    ...row,
    defaults,
    pools: JSON.parse(row.pools) as CallerPool[],
    wallets: JSON.parse(row.wallets) as string[],
  };
}

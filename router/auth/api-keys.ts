// The door to API keys in D1, behind the isolate's cache. Holds no key's text.
import { and, asc, eq, isNull } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { makeId } from '../../schema/ids.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { accounts, apiKeys } from '../../schema/tables.ts';
import { checkApiKey } from './check-api-key.ts';
import { judgeKey } from './judge-key.ts';
import type { Caller, KeyFault, KeyRow } from './judge-key.ts';
import type { KeyCache } from './key-cache.ts';
import { mintApiKey } from './mint-api-key.ts';
import { readBearer } from './read-bearer.ts';

export interface NewKey {
  readonly accountId: string;
  readonly name: string;
  readonly expiresAt: number | null;
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
}

export interface ApiKeys {
  /** Who calls. No I/O for a key that is malformed, foreign or cached; one D1 read else. Rejects when D1 does. */
  readonly authenticate: (header: string | null | undefined, now: number) => Promise<Result<Caller, KeyFault>>;
  readonly mint: (key: NewKey, now: number) => Promise<Result<MintedKey, 'no-account'>>;
  /** Marks a key revoked; again is the same. The account's own object must be told too (it refuses holds at once). */
  readonly revoke: (keyId: string, now: number) => Promise<Result<{ readonly accountId: string }, 'no-key'>>;
  readonly list: (accountId: string) => Promise<ListedKey[]>;
  /** Drops what is cached of an account, after it was disabled. */
  readonly forgetAccount: (accountId: string) => void;
}

/** `random(n)` gives n cryptographically random bytes; `secret` is KEY_HMAC_SECRET. */
export function makeApiKeys(doors: {
  readonly db: D1Database;
  readonly secret: string;
  readonly cache: KeyCache;
  readonly random: (bytes: number) => Uint8Array;
}): ApiKeys {
  const db = drizzle(doors.db);
  const { cache, secret, random } = doors;
  return {
    authenticate: async (header, now) => {
      const token = readBearer(header);
      if (!token.ok) return token;
      const hash = checkApiKey(token.value, secret);
      if (!hash.ok) return hash;
      let row = cache.get(hash.value, now);
      if (row === undefined) {
        row = await findRow(db, hash.value);
        cache.set(hash.value, row, now);
      }
      return judgeKey(row, now);
    },
    mint: async ({ accountId, name, expiresAt }, now) => {
      const account = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, accountId)).get();
      if (!account) return err('no-account');
      const id = makeId('key', random(16));
      const minted = mintApiKey(random(24), secret);
      await db.insert(apiKeys).values({ id, accountId, hash: minted.hash, name, createdAt: now, expiresAt });
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
    list: (accountId) =>
      db
        .select({
          id: apiKeys.id,
          name: apiKeys.name,
          createdAt: apiKeys.createdAt,
          expiresAt: apiKeys.expiresAt,
          revokedAt: apiKeys.revokedAt,
        })
        .from(apiKeys)
        .where(eq(apiKeys.accountId, accountId))
        .orderBy(asc(apiKeys.createdAt))
        .limit(1000)
        .all(),
    forgetAccount: (accountId) => cache.forgetAccount(accountId),
  };
}

async function findRow(db: ReturnType<typeof drizzle>, hash: string): Promise<KeyRow | null> {
  const row = await db
    .select({
      keyId: apiKeys.id,
      accountId: apiKeys.accountId,
      expiresAt: apiKeys.expiresAt,
      revokedAt: apiKeys.revokedAt,
      disabledAt: accounts.disabledAt,
    })
    .from(apiKeys)
    .innerJoin(accounts, eq(accounts.id, apiKeys.accountId))
    .where(eq(apiKeys.hash, hash))
    .get();
  return row ?? null;
}

// The door to API keys in D1, behind the isolate's cache.
import { and, asc, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { makeId } from '../../schema/ids.ts';
import type { KeyLimits } from '../../schema/key-limits.ts';
import type { Scope } from '../../schema/key-rights.ts';
import { keyDefaultsSchema } from '../../schema/provider.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { accountMembers, accounts, apiKeys } from '../../schema/tables.ts';
import { POOLS, WALLETS } from './account-facts.ts';
import { checkApiKey } from './check-api-key.ts';
import { judgeKey } from './judge-key.ts';
import type { Caller, CallerPool, KeyFault, KeyRow } from './judge-key.ts';
import type { KeyCache } from './key-cache.ts';
import { mintApiKey } from './mint-api-key.ts';
import { readBearer } from './read-bearer.ts';

/** What is said of a key, by the operator or whoever may. Times in ms since epoch. */
interface SaidOfKey {
  readonly name: string;
  readonly expiresAt: number | null;
  /** As they were written, checked by keyDefaultsSchema. */
  readonly defaults: object | null;
  /** Null for the usual ones. */
  readonly scopes: readonly Scope[] | null;
  /** Null for all. */
  readonly models: readonly string[] | null;
  /** What the account's own object decides by, which must be told too; null for none. */
  readonly limits: KeyLimits | null;
}

export interface NewKey extends SaidOfKey {
  readonly accountId: string;
  /** The member that it belongs to; null for the account's own. */
  readonly memberId: string | null;
  /** The key that makes it; null where the operator does. One that was revoked meanwhile makes none. */
  readonly by: string | null;
}

/** What is to change; the rest stays. */
export type KeyChange = Partial<SaidOfKey>;

export interface MintedKey {
  readonly id: string;
  /** The whole key, shown this once. */
  readonly key: string;
}

export interface ListedKey extends SaidOfKey {
  readonly id: string;
  readonly accountId: string;
  readonly memberId: string | null;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** Which keys of an account, page by page: the newest first. */
export interface KeyPage {
  /** The last key of the page before; '' for the first page. */
  readonly after: string;
  readonly limit: number;
  /** Those that were revoked, in place of those that were not. */
  readonly isRevoked?: boolean;
  /** Of this member alone; left out or null for all. */
  readonly memberId?: string | null;
}

export type MintFault = 'no-account' | 'no-member' | 'giver-revoked' | 'too-many';

/** Keys of one account that are neither revoked nor over. */
const MOST_KEYS = 1000;

export interface ApiKeys {
  /** Who calls. No I/O for a key that is malformed, foreign or cached, no hash for a header that was right within the minute; one D1 read else. Rejects when D1 does. */
  readonly authenticate: (header: string | null | undefined, now: number) => Promise<Result<Caller, KeyFault>>;
  /** The same by what stands in D1 now: for what outlasts a key's own end, such as making others. */
  readonly authenticateAnew: (header: string | null | undefined, now: number) => Promise<Result<Caller, KeyFault>>;
  readonly mint: (key: NewKey, now: number) => Promise<Result<MintedKey, MintFault>>;
  /** Marks a key revoked; again is the same. The account's own object must be told too (it refuses holds at once). */
  readonly revoke: (keyId: string, now: number) => Promise<Result<{ readonly accountId: string }, 'no-key'>>;
  /** Revokes all keys of a member; gives the ids of all that it has. The account's own object must be told too. */
  readonly revokeOf: (memberId: string, now: number) => Promise<string[]>;
  /** What a key may do is seen here at once, and elsewhere within a minute or, where its account's object is told, with its next hold. */
  readonly change: (keyId: string, change: KeyChange, now: number) => Promise<Result<ListedKey, 'no-key'>>;
  readonly find: (keyId: string) => Promise<ListedKey | null>;
  readonly list: (accountId: string, page: KeyPage) => Promise<ListedKey[]>;
  /** All of an account's that are not revoked. */
  readonly listLive: (accountId: string) => Promise<ListedKey[]>;
  /** The ids of a member's that are not revoked. */
  readonly idsOf: (memberId: string) => Promise<string[]>;
  /** Drops what is cached of an account, after it was disabled, or its pools or a member's role changed. */
  readonly forgetAccount: (accountId: string) => void;
}

interface KeyDoors {
  readonly db: D1Database;
  /** KEY_HMAC_SECRET. */
  readonly secret: string;
  /** KEY_HMAC_SECRET_PREVIOUS, while keys are being changed. */
  readonly previous?: string | undefined;
  readonly cache: KeyCache;
  readonly random: (bytes: number) => Uint8Array;
}

/** `random(n)` gives n cryptographically random bytes; keys are minted under `secret`, and those under `previous` are taken too. */
export function makeApiKeys(doors: KeyDoors): ApiKeys {
  const { cache } = doors;
  const db = drizzle(doors.db);
  const find = async (keyId: string): Promise<ListedKey | null> => {
    const row = await db.select(LISTED).from(apiKeys).where(eq(apiKeys.id, keyId)).get();
    return row ? toListed(row) : null;
  };
  return {
    ...makeChecks(doors),
    ...makeLists(db),
    mint: (key, now) => mintKey({ ...doors, find }, key, now),
    revoke: async (keyId, now) => {
      await db
        .update(apiKeys)
        .set({ revokedAt: now })
        .where(and(eq(apiKeys.id, keyId), isNull(apiKeys.revokedAt)));
      cache.forgetKey(keyId);
      const row = await db.select({ accountId: apiKeys.accountId }).from(apiKeys).where(eq(apiKeys.id, keyId)).get();
      return row ? ok(row) : err('no-key');
    },
    revokeOf: async (memberId, now) => {
      const isTheirs = eq(apiKeys.memberId, memberId);
      await db
        .update(apiKeys)
        .set({ revokedAt: now })
        .where(and(isTheirs, isNull(apiKeys.revokedAt)));
      const rows = await db.select({ id: apiKeys.id }).from(apiKeys).where(isTheirs).orderBy(asc(apiKeys.id)).all();
      for (const { id } of rows) cache.forgetKey(id);
      return rows.map(({ id }) => id);
    },
    change: async (keyId, { name, expiresAt, ...said }, now) => {
      const rights = { ...(expiresAt !== undefined && { expiresAt }), ...toTexts(said) };
      await db
        .update(apiKeys)
        .set({ ...(name !== undefined && { name }), ...rights, changedAt: now })
        .where(eq(apiKeys.id, keyId));
      cache.forgetKey(keyId);
      const row = await find(keyId);
      return row ? ok(row) : err('no-key');
    },
    find,
    forgetAccount: (accountId) => cache.forgetAccount(accountId),
  };
}

/** Who calls: what is known of a key is read once a minute. */
function makeChecks({
  db: database,
  cache,
  secret,
  previous,
}: KeyDoors): Pick<ApiKeys, 'authenticate' | 'authenticateAnew'> {
  const db = drizzle(database);
  const secrets = previous === undefined ? [secret] : [secret, previous];
  const check = (header: string | null | undefined): Result<string, KeyFault> => {
    const token = readBearer(header);
    return token.ok ? checkApiKey(token.value, ...secrets) : token;
  };
  const readAnew = async (hash: string, header: string | null | undefined, now: number): Promise<KeyRow | null> => {
    const row = await findRow(db, hash);
    cache.set(hash, row, now);
    if (header) cache.noteHeader(header, hash);
    return row;
  };
  return {
    authenticate: async (header, now) => {
      const known = header ? cache.recall(header, now) : undefined;
      if (known) return judgeKey(known, now);
      const hash = check(header);
      if (!hash.ok) return hash;
      const row = cache.get(hash.value, now);
      if (row === undefined) return judgeKey(await readAnew(hash.value, header, now), now);
      if (header) cache.noteHeader(header, hash.value);
      return judgeKey(row, now);
    },
    authenticateAnew: async (header, now) => {
      const hash = check(header);
      return hash.ok ? judgeKey(await readAnew(hash.value, header, now), now) : hash;
    },
  };
}

function makeLists(db: ReturnType<typeof drizzle>): Pick<ApiKeys, 'list' | 'listLive' | 'idsOf'> {
  const list: ApiKeys['list'] = async (accountId, { after, limit, isRevoked = false, memberId = null }) => {
    const rows = db
      .select(LISTED)
      .from(apiKeys)
      .where(
        and(
          eq(apiKeys.accountId, accountId),
          isRevoked ? isNotNull(apiKeys.revokedAt) : isNull(apiKeys.revokedAt),
          memberId === null ? undefined : eq(apiKeys.memberId, memberId),
          after === '' ? undefined : isOlder(after),
        ),
      )
      .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
      .limit(limit);
    return (await rows.all()).map(toListed);
  };
  return {
    list,
    listLive: async (accountId) => {
      const all: ListedKey[] = [];
      for (;;) {
        const page = await list(accountId, { after: all.at(-1)?.id ?? '', limit: PAGE });
        all.push(...page);
        if (page.length < PAGE) return all;
      }
    },
    idsOf: async (memberId) => {
      const isTheirs = and(eq(apiKeys.memberId, memberId), isNull(apiKeys.revokedAt));
      const rows = await db.select({ id: apiKeys.id }).from(apiKeys).where(isTheirs).orderBy(asc(apiKeys.id)).all();
      return rows.map(({ id }) => id);
    },
  };
}

const PAGE = 1000;

/** A key that is revoked meanwhile keeps its place, so that the page behind it is the same. */
const isOlder = (than: string): SQL =>
  sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (SELECT one.created_at, one.id FROM api_keys AS one WHERE one.id = ${than})`;

const LISTED = {
  id: apiKeys.id,
  accountId: apiKeys.accountId,
  memberId: apiKeys.memberId,
  name: apiKeys.name,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  defaults: apiKeys.defaults,
  scopes: apiKeys.scopes,
  models: apiKeys.models,
  limits: apiKeys.limits,
};

/** What D1 keeps as JSON. */
type Text = 'defaults' | 'scopes' | 'models' | 'limits';
type ListedRow = Omit<ListedKey, Text> & {
  readonly [K in Text]: string | null;
};

function toListed({ defaults, scopes, models, limits, ...row }: ListedRow): ListedKey {
  return {
    ...row,
    defaults: parse<object>(defaults),
    scopes: parse<Scope[]>(scopes),
    models: parse<string[]>(models),
    limits: parse<KeyLimits>(limits),
  };
}

/** Of what is left out nothing. */
function toTexts(said: Pick<KeyChange, Text>): Partial<Record<Text, string | null>> {
  return Object.fromEntries(
    Object.entries(said).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value && JSON.stringify(value)] as const],
    ),
  );
}

function parse<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T);
}

const IS_ROOM = `(SELECT count(*) FROM api_keys
  WHERE account_id = ?2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?5)) < ${MOST_KEYS}`;

/** One statement, so that no key is made for a member, or by a key, that is removed or revoked at the same moment, nor one too many by calls at once. */
const MINT = `
  INSERT INTO api_keys (id, account_id, hash, name, created_at, expires_at, defaults, scopes, models, member_id, limits)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?12
  WHERE EXISTS (SELECT 1 FROM accounts WHERE id = ?2)
    AND (?10 IS NULL OR EXISTS (SELECT 1 FROM account_members WHERE id = ?10 AND account_id = ?2 AND removed_at IS NULL))
    AND (?11 IS NULL OR EXISTS (SELECT 1 FROM api_keys WHERE id = ?11 AND revoked_at IS NULL))
    AND ${IS_ROOM}
  RETURNING id`;

async function mintKey(
  doors: Pick<KeyDoors, 'db' | 'secret' | 'random'> & Pick<ApiKeys, 'find'>,
  { accountId, memberId, by, name, expiresAt, ...said }: NewKey,
  now: number,
): Promise<Result<MintedKey, MintFault>> {
  const id = makeId('key', doors.random(16));
  const minted = mintApiKey(doors.random(24), doors.secret);
  const { defaults = null, scopes = null, models = null, limits = null } = toTexts(said);
  const whose = [scopes, models, memberId, by, limits];
  const values = [id, accountId, minted.hash, name, now, expiresAt, defaults, ...whose];
  const written = await doors.db
    .prepare(MINT)
    .bind(...values)
    .first();
  if (written) return ok({ id, key: minted.key });
  if (by !== null && (await doors.find(by))?.revokedAt !== null) return err('giver-revoked');
  const account = await doors.db.prepare('SELECT id FROM accounts WHERE id = ?').bind(accountId).first();
  if (!account) return err('no-account');
  const members = doors.db.prepare(
    'SELECT id FROM account_members WHERE id = ? AND account_id = ? AND removed_at IS NULL',
  );
  if (memberId !== null && !(await members.bind(memberId, accountId).first())) return err('no-member');
  return err('too-many');
}

/** When what the key may do was changed last, by itself or with its member's role. */
const RIGHTS_AT = sql<number>`max(coalesce(${apiKeys.changedAt}, 0), coalesce(${accountMembers.changedAt}, 0))`;

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
      scopes: apiKeys.scopes,
      models: apiKeys.models,
      memberId: apiKeys.memberId,
      role: accountMembers.role,
      memberRemovedAt: accountMembers.removedAt,
      rightsAt: RIGHTS_AT,
    })
    .from(apiKeys)
    .innerJoin(accounts, eq(accounts.id, apiKeys.accountId))
    .leftJoin(accountMembers, eq(accountMembers.id, apiKeys.memberId))
    .where(eq(apiKeys.hash, hash))
    .get();
  if (!row) return null;
  const defaults = row.defaults === null ? null : keyDefaultsSchema.parse(JSON.parse(row.defaults));
  const rights = { scopes: parse<Scope[]>(row.scopes), models: parse<string[]>(row.models) };
  const [pools, wallets] = [JSON.parse(row.pools) as CallerPool[], JSON.parse(row.wallets) as string[]];
  return { ...row, ...rights, defaults, pools, wallets };
}

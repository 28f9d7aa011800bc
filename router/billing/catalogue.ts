// The door to the catalogue in D1: the public models, which digests count as each, and their price. Read through the isolate's cache.
import { asc, eq, isNull } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { PriceBounds } from '../../schema/prices.ts';
import { models } from '../../schema/tables.ts';
import { makeLog } from '../log.ts';

const log = makeLog('billing');

const CATALOGUE_CACHE_MS = 60_000;
const MAX_MODELS = 1000;

export interface CatalogueModel extends PriceBounds {
  readonly id: string;
  readonly description: string;
  /** sha256 digests, 64 hex digits each. */
  readonly digests: readonly string[];
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  /** A name that `findTokenizer` knows, or null. */
  readonly tokenizer: string | null;
  readonly minBytesPerToken: number;
  /** How long a home that lives is waited for, where the caller says nothing: for the first token, and for each next. */
  readonly maxFirstTokenMs: number;
  readonly createdAt: number;
}

export interface Catalogue {
  /** A public model, or null. At most one D1 read a minute; a failing D1 leaves the last list in force. */
  readonly find: (modelId: string, now: number) => Promise<CatalogueModel | null>;
  /** All public models in the order of their ids. */
  readonly list: (now: number) => Promise<readonly CatalogueModel[]>;
  /** Adds or replaces a model; a withdrawn one comes back. Other isolates see it within a minute. */
  readonly put: (model: Omit<CatalogueModel, 'createdAt'>, now: number) => Promise<CatalogueModel>;
  /** Takes a model off the catalogue; false when it is not on it. */
  readonly withdraw: (modelId: string, now: number) => Promise<boolean>;
  /** Drops what this isolate remembers: the next look reads D1. */
  readonly forget: () => void;
}

/** What one isolate last read, shared by all its requests. */
export interface CatalogueCache {
  models: ReadonlyMap<string, CatalogueModel>;
  readAt: number;
  /** How often it was told to forget. */
  lapses: number;
}

export function makeCatalogueCache(): CatalogueCache {
  return { models: new Map(), readAt: Number.NEGATIVE_INFINITY, lapses: 0 };
}

/** Doors that are made often share one `cache`; left out, the door has its own. */
export function makeCatalogue(doors: { readonly db: D1Database; readonly cache?: CatalogueCache }): Catalogue {
  const db = drizzle(doors.db);
  const cache = doors.cache ?? makeCatalogueCache();
  const read = async (now: number): Promise<ReadonlyMap<string, CatalogueModel>> => {
    if (now - cache.readAt < CATALOGUE_CACHE_MS) return cache.models;
    const { lapses } = cache;
    try {
      const rows = await db
        .select()
        .from(models)
        .where(isNull(models.withdrawnAt))
        .orderBy(asc(models.id))
        .limit(MAX_MODELS);
      cache.models = new Map(rows.map((row) => [row.id, toModel(row)]));
      cache.readAt = lapses === cache.lapses ? now : 0;
    } catch (error) {
      if (cache.readAt === Number.NEGATIVE_INFINITY) throw error;
      // The list as it was read last serves on.
      log.warn('catalogue-not-read', { error });
    }
    return cache.models;
  };
  const forget = (): void => {
    // The list itself stays, for the case that D1 fails; a read that is under way may have seen the time before.
    cache.readAt = Math.min(cache.readAt, 0);
    cache.lapses++;
  };
  return {
    find: async (modelId, now) => (await read(now)).get(modelId) ?? null,
    list: async (now) => [...(await read(now)).values()],
    put: async (model, now) => {
      const { leastPriceIn = null, leastPriceOut = null } = model;
      const row = { ...model, leastPriceIn, leastPriceOut, digests: JSON.stringify(model.digests), withdrawnAt: null };
      const kept = await db
        .insert(models)
        .values({ ...row, createdAt: now })
        .onConflictDoUpdate({ target: models.id, set: row })
        .returning();
      forget();
      return { ...model, createdAt: kept[0]?.createdAt ?? now };
    },
    withdraw: async (modelId, now) => {
      const found = await db
        .select({ withdrawnAt: models.withdrawnAt })
        .from(models)
        .where(eq(models.id, modelId))
        .get();
      if (!found || found.withdrawnAt !== null) return false;
      await db.update(models).set({ withdrawnAt: now }).where(eq(models.id, modelId));
      forget();
      return true;
    },
    forget,
  };
}

function toModel(row: typeof models.$inferSelect): CatalogueModel {
  const { withdrawnAt: _withdrawnAt, leastPriceIn, leastPriceOut, ...model } = row;
  const least = { leastPriceIn: leastPriceIn ?? model.priceIn, leastPriceOut: leastPriceOut ?? model.priceOut };
  return { ...model, ...least, digests: JSON.parse(row.digests) as string[] };
}

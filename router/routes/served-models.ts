// Which models a caller may name: the catalogue's, and the names of the caller's own homes, which are free and no one else's.
import { PUBLIC_POOL } from '../../schema/placement.ts';
import type { Need } from '../../schema/needs.ts';
import { canOf, contextOf, isServing, ownModelKey } from '../../schema/presence.ts';
import { pickByName, plainName } from '../../schema/model-names.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import { MAX_OUTPUT_TOKENS } from '../../schema/openai.ts';
import type { PriceBounds } from '../../schema/prices.ts';
import { DEFAULT_FIRST_TOKEN_MS } from '../../schema/timings.ts';
import type { Place } from '../../schema/places.ts';
import { UNKNOWN_PLACE } from '../../schema/places.ts';
import type { Caller } from '../auth/judge-key.ts';
import { isAllowedModel } from '../auth/judge-rights.ts';
import type { Catalogue, CatalogueModel } from '../billing/catalogue.ts';
import { ApiError } from '../errors.ts';
import type { HomeFinder } from '../placement/home-finder.ts';
import { refuseModel } from './refuse.ts';

/** A model as one call may use it: from the catalogue, or one of the caller's own homes' names (free, in their own pool only). */
export interface ServedModel extends PriceBounds {
  readonly modelKey: string;
  /** The name asked of the caller's own homes; null for a catalogue model. */
  readonly ownName: string | null;
  readonly digests: readonly string[] | null;
  readonly contextTokens: number;
  readonly maxOutputTokens: number;
  readonly tokenizer: string | null;
  readonly minBytesPerToken: number;
  /** How long a home that lives is waited for, where the caller says nothing. */
  readonly maxFirstTokenMs: number;
}

/** A model as `GET /v1/models` lists it. */
export interface ModelListing {
  readonly id: string;
  readonly isOwn: boolean;
  readonly description: string;
  readonly createdAt: number;
  /** What can be used now: of the homes that the caller may use the one that takes most, within the model's own limit. */
  readonly contextTokens: number;
  /** The model's own limit: the catalogue's, or the most of the caller's homes. */
  readonly maxContextTokens: number;
  readonly maxOutputTokens: number;
  readonly priceIn: number;
  readonly priceOut: number;
  /** What the cheapest of these homes asks now; the price where none is online. */
  readonly leastPriceIn: number;
  readonly leastPriceOut: number;
  readonly nodesOnline: number;
  /** What one of these homes at least can do beside text: words of `Need`, and those of later versions. */
  readonly can: readonly string[];
  /** Of these homes, each once. */
  readonly countries: readonly string[];
  readonly quantisations: readonly string[];
}

interface Doors {
  readonly catalogue: Catalogue;
  readonly homes: HomeFinder;
}

/**
 * The model a caller named. A name of the caller's own homes comes before a catalogue model that is called so only but for `:latest`: the
 * one is free, the other may not be. Throws ApiError model_not_allowed (403) for one that the key may not call, model_not_found (404) for a name that is neither listed nor one of the caller's own.
 */
export async function findModel({ catalogue, homes }: Doors, model: string, caller: Caller): Promise<ServedModel> {
  const now = Date.now();
  if (!isAllowedModel(caller.models, model)) throw refuseModel(model, caller.models ?? []);
  const listed = await catalogue.find(model, now);
  if (listed) return { ...listed, modelKey: listed.id, ownName: null };
  const modelKey = ownModelKey(caller.accountId);
  const rows = await homes.serving(modelKey, UNKNOWN_PLACE);
  const own = rows.filter((row) => isServing(row, model));
  if (own.length === 0) {
    const respelt = (await catalogue.list(now)).find(({ id }) => plainName(id) === plainName(model));
    if (respelt) return { ...respelt, modelKey: respelt.id, ownName: null };
    throw new ApiError(
      'model_not_found',
      `The model '${model.slice(0, 100)}' does not exist here. See GET /v1/models.`,
      { param: 'model' },
    );
  }
  const contextTokens = Math.max(...own.map((home) => contextOf(home, model)));
  const maxOutputTokens = Math.min(MAX_OUTPUT_TOKENS, contextTokens);
  const free = { priceIn: 0, priceOut: 0, tokenizer: null, minBytesPerToken: 1, digests: null };
  const maxFirstTokenMs = DEFAULT_FIRST_TOKEN_MS;
  return { modelKey, ownName: model, contextTokens, maxOutputTokens, maxFirstTokenMs, ...free };
}

/** The catalogue's names of these weights; it may have several, at several prices. */
export function nameModels(listed: readonly CatalogueModel[], digest: string): readonly string[] {
  return listed.filter(({ digests }) => digests.includes(digest)).map(({ id }) => id);
}

/** The first of them; null where there is none. */
export function nameModel(listed: readonly CatalogueModel[], digest: string): string | null {
  return nameModels(listed, digest)[0] ?? null;
}

/** Homes that serve a model now and that the caller may use: everyone's, the caller's own, and those of the caller's pools. `without`: only those whose model cannot do this. */
export async function countHomes(
  homes: Pick<HomeFinder, 'serving'>,
  { modelKey, ownName }: Pick<ServedModel, 'modelKey' | 'ownName'>,
  caller: Caller,
  { place, without = null }: { readonly place: Place; readonly without?: Need | null },
): Promise<number> {
  const rows = (await homes.serving(modelKey, place)).filter((row) => mayUse(row, caller) && isServing(row, ownName));
  return without === null ? rows.length : rows.filter((row) => !canOf(row, ownName).includes(without)).length;
}

function mayUse(row: Pick<PresenceRow, 'owner' | 'pools'>, caller: Caller): boolean {
  if (row.owner === caller.accountId || row.pools.includes(PUBLIC_POOL)) return true;
  return caller.pools.some(({ id }) => row.pools.includes(id));
}

/** Of a listing the model that a name names most closely, under that name; null when it names none. */
export function pickListing(listed: readonly ModelListing[], name: string): ModelListing | null {
  const found = pickByName(listed, ({ id }) => id, name)[0];
  return found ? { ...found, id: name } : null;
}

/** The catalogue and the caller's own names, as far as the key may call them, with how many homes that the caller may use serve each now. */
export async function listModels({ catalogue, homes }: Doors, caller: Caller, place: Place): Promise<ModelListing[]> {
  const [listed, own] = await Promise.all([
    catalogue.list(Date.now()),
    homes.serving(ownModelKey(caller.accountId), place),
  ]);
  const online = await Promise.all(
    listed.map(async ({ id }) => (await homes.serving(id, place)).filter((row) => mayUse(row, caller))),
  );
  const all = [...listed.map((model, i) => toListing(model, online[i] ?? [])), ...toOwnListings(own)];
  return all.filter(({ id }) => isAllowedModel(caller.models, id));
}

/** Where no home is online the model's own limit stands: one that comes may take as much. */
function toListing(model: CatalogueModel, online: readonly PresenceRow[]): ModelListing {
  const { id, description, createdAt, maxOutputTokens, priceIn, priceOut, contextTokens: maxContextTokens } = model;
  const most = online.length > 0 ? Math.max(...online.map((row) => row.contextTokens)) : maxContextTokens;
  const contextTokens = Math.min(maxContextTokens, most);
  const facts = { isOwn: false, contextTokens, maxContextTokens, nodesOnline: online.length, ...sumUp(online, null) };
  const leastPriceIn = Math.min(priceIn, ...online.map((row) => row.priceIn));
  const leastPriceOut = Math.min(priceOut, ...online.map((row) => row.priceOut));
  return { id, description, createdAt, maxOutputTokens, priceIn, priceOut, leastPriceIn, leastPriceOut, ...facts };
}

/** The caller's own names; one that some homes call with `:latest` and some without is one model, and stands once. */
function toOwnListings(rows: readonly PresenceRow[]): ModelListing[] {
  const names = new Map<string, { id: string; contextTokens: number; nodes: Set<PresenceRow> }>();
  for (const row of rows) {
    for (const name of row.serves) {
      const known = names.get(plainName(name)) ?? { id: name, contextTokens: 0, nodes: new Set() };
      names.set(plainName(name), {
        id: name.length < known.id.length ? name : known.id,
        contextTokens: Math.max(known.contextTokens, contextOf(row, name)),
        nodes: known.nodes.add(row),
      });
    }
  }
  return [...names.values()].map(({ id, contextTokens, nodes }) => ({
    id,
    isOwn: true,
    description: 'Served by your own homes, free for your own calls.',
    createdAt: 0,
    contextTokens,
    maxContextTokens: contextTokens,
    maxOutputTokens: Math.min(MAX_OUTPUT_TOKENS, contextTokens),
    priceIn: 0,
    priceOut: 0,
    leastPriceIn: 0,
    leastPriceOut: 0,
    nodesOnline: nodes.size,
    ...sumUp([...nodes], id),
  }));
}

/** What the homes of one model are and can do. */
function sumUp(
  rows: readonly PresenceRow[],
  ownName: string | null,
): Pick<ModelListing, 'can' | 'countries' | 'quantisations'> {
  const each = (words: readonly string[]): string[] => [...new Set(words)].toSorted();
  return {
    can: each(rows.flatMap((row) => canOf(row, ownName))),
    countries: each(rows.map(({ country }) => country)),
    quantisations: each(rows.map(({ quantisation }) => quantisation)),
  };
}

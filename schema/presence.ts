// Rows and summaries of the presence table, packed into short texts. Key names stand here; who reads and writes them is in router/placement.
import * as z from 'zod';
import { parseJson } from './json.ts';
import { matchesName, pickByName } from './model-names.ts';
import type { Capacity } from './placement.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';

/** Rows live this long unless their hub rewrites them (every 6 h and on wake). */
export const PRESENCE_TTL_MS = 13 * 3_600_000;
export const PRESENCE_REFRESH_MS = 6 * 3_600_000;

/** One home that serves one model, as its hub last wrote it. Places are rounded to 0.1°. */
export interface PresenceRow {
  readonly node: string;
  readonly hub: string;
  readonly lat: number;
  readonly lon: number;
  readonly country: string;
  /** The owner's account. */
  readonly owner: string;
  /** Pool ids, and `public` where the home lends itself to everyone. */
  readonly pools: readonly string[];
  readonly slots: number;
  /** Hub to home and back, as measured. */
  readonly rttMs: number;
  /** 0 when the model is in memory, else how long loading it takes. */
  readonly loadMs: number;
  readonly promptTokensPerS: number;
  readonly decodeTokensPerS: number;
  readonly contextTokens: number;
  readonly digest: string;
  readonly quantisation: string;
  readonly priceIn: number;
  readonly priceOut: number;
  /** Names served in the owner's own pool (exact, or a prefix before a trailing `*`); empty for a catalogue model. */
  readonly serves: readonly string[];
  /** The context of each name in `serves`, in that order. `contextTokens` is the longest of them. */
  readonly contexts: readonly number[];
  /** What each name in `serves` can do beside text, in that order (words of `Need`); one entry for a catalogue model. */
  readonly cans: readonly (readonly string[])[];
  /** W at the wall above rest when it works with all slots full, as its hub believes; absent where nobody knows. */
  readonly workW?: number;
  readonly untilAt: number;
  /** What `speedClassOf` says of it, where it was worked out; never packed. */
  readonly speedClass?: string;
}

/** True where a row's home serves this name of its owner's; any row of a catalogue model (`ownName` null) does. */
export function isServing({ serves }: Pick<PresenceRow, 'serves'>, ownName: string | null): boolean {
  return ownName === null || serves.some((name) => matchesName(name, ownName));
}

/** What the model of this name takes in all at a row's home, tokens. */
export function contextOf(
  row: Pick<PresenceRow, 'serves' | 'contexts' | 'contextTokens'>,
  ownName: string | null,
): number {
  if (ownName === null) return row.contextTokens;
  const entries = row.serves.map((name, i) => ({ name, tokens: row.contexts[i] ?? row.contextTokens }));
  const own = pickByName(entries, ({ name }) => name, ownName);
  return own.length > 0 ? Math.max(...own.map(({ tokens }) => tokens)) : row.contextTokens;
}

/** What the model of this name can do beside text at a row's home. */
export function canOf(row: Pick<PresenceRow, 'serves' | 'cans'>, ownName: string | null): readonly string[] {
  if (ownName === null) return row.cans[0] ?? [];
  const entries = row.serves.map((name, i) => ({ name, can: row.cans[i] ?? [] }));
  return pickByName(entries, ({ name }) => name, ownName)[0]?.can ?? [];
}

/** One hub's offer of one model: where its homes are and whether a slot was free when it was written. */
export interface PresenceSummary {
  readonly hub: string;
  readonly lat: number;
  readonly lon: number;
  readonly radiusKm: number;
  readonly free: number;
  readonly slots: number;
  /** Free and all slots by speed class (`speedClassOf`), of homes that have the model in memory. */
  readonly classes: Capacity['classes'];
  /** By speed class: micrograms of CO2e that an answer of the usual length is expected to give off at the greenest home of it; absent where a hub does not tell it. */
  readonly greens?: Readonly<Record<string, number>>;
  readonly untilAt: number;
}

/** Model index of an owner's own names: looked up only for that account's calls. */
export function ownModelKey(accountId: string): string {
  return `~${accountId}`;
}

/** Redis hash: hub → packed summary. */
export function summaryKey(modelKey: string, area: string): string {
  return `presence:${modelKey}:${area}`;
}

/** Redis hash: node → packed row. Hub names hold their area's name, so the two keys never meet. */
export function rowKey(modelKey: string, hub: string): string {
  return `presence:${modelKey}:${hub}`;
}

const lat = z.number().min(-90).max(90);
const lon = z.number().min(-180).max(180);
const count = z.number().int().min(0);
const rate = z.number().min(0);

const rowFields = [
  z.string(),
  z.string(),
  lat,
  lon,
  z.string(),
  z.string(),
  z.array(z.string()),
  count,
  count,
  count,
  rate,
  rate,
  count,
  z.string(),
  z.string(),
  count,
  count,
  z.array(z.string()),
  count,
] as const;
const cans = z.array(z.array(z.string().max(24)).max(24));
/** Format 3 did not tell what models can do; such rows are read until their hubs have written them anew. What a home draws stands last, where it is known. */
const oldRow = z.tuple([z.literal(3), ...rowFields, z.array(count)]);
const packedRow = z.union([z.tuple([z.literal(4), ...rowFields, z.array(count), cans, rate.optional()]), oldRow]);

const packedSummary = z.tuple([
  z.literal(3),
  z.string(),
  lat,
  lon,
  rate,
  count,
  count,
  z.record(z.string(), z.tuple([count, count])),
  count,
  z.record(z.string(), rate).optional(),
]);

/** A row as one short JSON array, format version first. */
export function packRow(row: PresenceRow): string {
  const { node, hub, country, owner, pools, slots, contextTokens, digest, quantisation, serves, untilAt } = row;
  const speeds = [roundTo(row.promptTokensPerS, 10), roundTo(row.decodeTokensPerS, 10)];
  const place = [roundTo(row.lat, 10), roundTo(row.lon, 10)];
  return JSON.stringify([
    4,
    node,
    hub,
    ...place,
    country,
    owner,
    pools,
    slots,
    Math.round(row.rttMs),
    Math.round(row.loadMs),
    ...speeds,
    contextTokens,
    digest,
    quantisation,
    row.priceIn,
    row.priceOut,
    serves,
    untilAt,
    row.contexts,
    row.cans,
    ...(row.workW === undefined ? [] : [row.workW]),
  ]);
}

/** Reads a packed row; anything else (an older format, a stranger's field) is an error to be skipped, never thrown. */
export function parseRow(text: unknown): Result<PresenceRow, 'not-a-row'> {
  const parsed = packedRow.safeParse(readPacked(text));
  if (!parsed.success) return err('not-a-row');
  const [
    ,
    node,
    hub,
    rowLat,
    rowLon,
    country,
    owner,
    pools,
    slots,
    rttMs,
    loadMs,
    prompt,
    decode,
    contextTokens,
    digest,
    quantisation,
    priceIn,
    priceOut,
    serves,
    untilAt,
    contexts,
    cans = [],
    workW,
  ] = parsed.data;
  return ok({
    node,
    hub,
    lat: rowLat,
    lon: rowLon,
    country,
    owner,
    pools,
    slots,
    rttMs,
    loadMs,
    promptTokensPerS: prompt,
    decodeTokensPerS: decode,
    contextTokens,
    digest,
    quantisation,
    priceIn,
    priceOut,
    serves,
    contexts: serves.map((_, i) => contexts[i] ?? contextTokens),
    cans,
    ...(workW !== undefined && { workW }),
    untilAt,
  });
}

/** A summary as one short JSON array, format version first. */
export function packSummary(summary: PresenceSummary): string {
  return JSON.stringify([
    3,
    summary.hub,
    roundTo(summary.lat, 10),
    roundTo(summary.lon, 10),
    Math.ceil(summary.radiusKm),
    summary.free,
    summary.slots,
    summary.classes,
    summary.untilAt,
    ...(summary.greens ? [summary.greens] : []),
  ]);
}

/** Reads a packed summary; anything else is an error to be skipped, never thrown. */
export function parseSummary(text: unknown): Result<PresenceSummary, 'not-a-summary'> {
  const parsed = packedSummary.safeParse(readPacked(text));
  if (!parsed.success) return err('not-a-summary');
  const [, hub, sumLat, sumLon, radiusKm, free, slots, classes, untilAt, greens] = parsed.data;
  return ok({
    hub,
    lat: sumLat,
    lon: sumLon,
    radiusKm,
    free,
    slots,
    classes,
    ...(greens && { greens }),
    untilAt,
  });
}

/** The store's client may have read the JSON already. */
function readPacked(value: unknown): unknown {
  return typeof value === 'string' ? parseJson(value) : value;
}

function roundTo(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}

// The `provider` object and the `resume` field: what a caller wishes of the homes that answer, in the words that OpenRouter's users know.
// The result holds only what the caller wrote; router/routes/make-wish.ts adds the key's defaults and the neutral values.
import * as z from 'zod';
import { isId } from './ids.ts';
import type { Mode, Wish } from './placement.ts';
import { RESUME_CLASSES } from './settlement.ts';
import type { ResumeClass } from './settlement.ts';
import { MAX_FIRST_TOKEN_S } from './timings.ts';

/** Entries of one list at most. */
export const MAX_LISTED = 100;
export const UNITS_PER_CREDIT = 1_000_000;

/** A caller's wishes as said: a field that was not said is not there. The pool stands as written: a word, a pool's name or its id. */
export type SaidWish = Partial<Omit<Wish, 'pool' | 'needs' | 'samplers'>> & { readonly pool?: string };

/** How far a broken answer may go on elsewhere: the least faithful way that the caller takes, or not at all. */
export const RESUME_WISHES = [...RESUME_CLASSES, 'off'] as const;
export type ResumeWish = ResumeClass | 'off';

/** What a key says for every request that does not say it itself. */
export interface KeyDefaults {
  readonly wish: SaidWish;
  readonly resume: ResumeWish | null;
}

/** The modes, and OpenRouter's words for them. */
const SORTS = {
  closest: 'closest',
  fairest: 'fairest',
  fastest: 'fastest',
  cheapest: 'cheapest',
  greenest: 'greenest',
  price: 'cheapest',
  throughput: 'fastest',
  latency: 'fastest',
} as const satisfies Readonly<Record<string, Mode>>;

const NODE_TOLD = "must be the id of a home, 'node_' and 32 hex digits: homes have no provider names.";
const COUNTRY_TOLD = "must be a country's two letters (ISO 3166-1), such as 'DE'";
const PRICE_TOLD = 'must be credits per million tokens, at least 0: a number or its text, such as 0.2.';
const UNKNOWABLE = "homes are other people's computers, and what they keep cannot be promised.";

const nodeList = z.array(z.string().refine((text) => isId('node', text), { error: NODE_TOLD })).max(MAX_LISTED);
const countryCode = z.string().regex(/^[a-z]{2}$/i, `${COUNTRY_TOLD}.`);
const pricePerM = z
  .union([z.number().min(0).max(1e9), z.string().regex(/^\d{1,9}(\.\d{1,12})?$/, PRICE_TOLD)], { error: PRICE_TOLD })
  .transform(Number)
  .nullish();

const providerShape = {
  order: nodeList.nullish(),
  only: nodeList.nullish(),
  ignore: nodeList.nullish(),
  allow_fallbacks: z.boolean().nullish(),
  quantizations: z.array(z.string().min(1).max(40)).max(MAX_LISTED).nullish(),
  // Nothing is charged by request, image or audio, so any limit on them is kept.
  max_price: z
    .strictObject({
      prompt: pricePerM,
      completion: pricePerM,
      request: pricePerM,
      image: pricePerM,
      audio: pricePerM,
    })
    .nullish(),
  sort: z.enum(Object.keys(SORTS) as (keyof typeof SORTS)[]).nullish(),
  country: z
    .union([countryCode, z.array(countryCode).max(MAX_LISTED)], { error: `${COUNTRY_TOLD}, or a list of them.` })
    .nullish(),
  max_rtt_ms: z.number().gt(0).max(60_000).nullish(),
  pool: z.string().trim().min(1).max(100).nullish(),
  preferred_max_latency: z.number().min(0.001).max(3600).nullish(),
  preferred_min_throughput: z.number().gt(0).max(1_000_000).nullish(),
  max_first_token_s: z.number().min(0.001).max(MAX_FIRST_TOKEN_S).nullish(),
  require_parameters: z.boolean().nullish(),
  // These are accepted only with values that promise nothing we could break; they do not change the wish.
  data_collection: z.literal('allow', { error: `can only be 'allow': ${UNKNOWABLE}` }).nullish(),
  zdr: z.literal(false, { error: `can only be false: ${UNKNOWABLE}` }).nullish(),
};

type Provider = z.output<z.ZodObject<typeof providerShape>>;

/** The fields that `provider` may hold. */
export const PROVIDER_FIELDS: readonly string[] = Object.keys(providerShape);

/** The `provider` object of a request, strict, read as a SaidWish. Null in a field is the same as nothing. */
export const providerSchema = z.strictObject(providerShape).transform(toSaidWish);

export const resumeSchema = z.enum(RESUME_WISHES);

/** A key's defaults: the fields of `provider`, and `resume` beside them. */
export const keyDefaultsSchema = z
  .strictObject({ ...providerShape, resume: resumeSchema.nullish() })
  .transform(({ resume, ...said }): KeyDefaults => ({ wish: toSaidWish(said), resume: resume ?? null }));

function toSaidWish(said: Provider): SaidWish {
  const { sort, country, max_price: price, max_rtt_ms: rttMs } = said;
  const { preferred_max_latency: latencyS, preferred_min_throughput: throughput, max_first_token_s: firstS } = said;
  const countries = typeof country === 'string' ? [country] : country;
  return {
    ...(isSaid(sort) && { mode: SORTS[sort] }),
    ...(isSaid(said.pool) && { pool: said.pool }),
    ...(isSaid(said.order) && { order: said.order }),
    ...(isSaid(said.only) && { only: nullIfEmpty(said.only) }),
    ...(isSaid(said.ignore) && { ignore: said.ignore }),
    ...(isSaid(said.allow_fallbacks) && { allowFallbacks: said.allow_fallbacks }),
    ...(isSaid(said.quantizations) && { quantisations: nullIfEmpty(said.quantizations.map(lower)) }),
    ...(isSaid(countries) && { countries: nullIfEmpty(countries.map((code) => code.toUpperCase())) }),
    ...(isSaid(rttMs) && { maxRttMs: rttMs }),
    ...(isSaid(price?.prompt) && { maxPriceIn: toUnits(price.prompt) }),
    ...(isSaid(price?.completion) && { maxPriceOut: toUnits(price.completion) }),
    ...(isSaid(latencyS) && { maxTtftMs: Math.round(latencyS * 1000) }),
    ...(isSaid(throughput) && { minTokensPerS: throughput }),
    ...(isSaid(said.require_parameters) && { requireParameters: said.require_parameters }),
    ...(isSaid(firstS) && { maxFirstTokenMs: Math.round(firstS * 1000) }),
  };
}

function isSaid<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

/** An empty list means "any home will do". It is kept as null, which differs from a field that is absent: it overrides the key's default. */
function nullIfEmpty(list: readonly string[]): readonly string[] | null {
  return list.length > 0 ? list : null;
}

function lower(text: string): string {
  return text.toLowerCase();
}

/** Credits per million tokens as whole units. */
function toUnits(credits: number): number {
  return Math.round(credits * UNITS_PER_CREDIT);
}

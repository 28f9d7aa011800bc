// What the router says of models, before a home joins and after: their place in its catalogue, what they pay, how often they are asked for, and whose calls
// come. Pure.
import * as z from 'zod';

const EVERYONE = 'everyone';
const OWN = 'own account only';
type ServedTo = typeof EVERYONE | typeof OWN;

export interface Demand {
  readonly name: string;
  /** Whether this very model (its digest) stands in the network's catalogue. */
  readonly isInCatalogue: boolean;
  /** Its name there. */
  readonly id: string | null;
  /** Millionths of a credit for a million tokens. */
  readonly priceInMicro: number | null;
  readonly priceOutMicro: number | null;
  /** Rounded; null where there were too few to tell. */
  readonly callsPerHour: number | null;
  readonly homesOnline: number;
  /** Whose calls come to it. */
  readonly servedTo: ServedTo;
}

const price = z.union([z.number(), z.string().regex(/^\d{1,15}$/)]).nullish();
const rowSchema = z.looseObject({
  name: z.string().max(200),
  in_catalogue: z.boolean(),
  id: z.string().max(200).nullish(),
  price_in: price,
  price_out: price,
  calls_per_hour: z.number().nonnegative().nullish(),
  homes_online: z.number().nonnegative().nullish(),
  served_to: z.string().max(40).nullish(),
});
const listSchema = z.array(z.unknown()).max(1000);
const answerSchema = z.union([
  z.looseObject({ data: listSchema }).transform(({ data }) => data),
  z.looseObject({ models: listSchema }).transform(({ models }) => models),
]);

/** By the name that was asked for. Rows of another shape are left out: nothing is known of them. */
export function readDemand(answer: unknown): Map<string, Demand> {
  const rows = answerSchema.safeParse(answer).data ?? [];
  const known = rows.flatMap((row) => rowSchema.safeParse(row).data ?? []);
  return new Map(known.map((row) => [row.name, toDemand(row)]));
}

function toDemand(row: z.output<typeof rowSchema>): Demand {
  const usual = row.in_catalogue ? EVERYONE : OWN;
  return {
    name: row.name,
    isInCatalogue: row.in_catalogue,
    id: row.id ?? null,
    priceInMicro: toNumber(row.price_in),
    priceOutMicro: toNumber(row.price_out),
    callsPerHour: row.calls_per_hour ?? null,
    homesOnline: row.homes_online ?? 0,
    servedTo: (row.served_to ?? usual) === EVERYONE ? EVERYONE : OWN,
  };
}

function toNumber(value: number | string | null | undefined): number | null {
  return value == null ? null : Number(value);
}

/** Whose calls come, as part of a sentence: `not in the catalogue: only your own calls come`. The same words while joining, in status, log and why. */
export function tellStanding({
  name,
  id,
  isInCatalogue,
  servedTo,
}: Pick<Demand, 'name' | 'id' | 'isInCatalogue' | 'servedTo'>): string {
  const where = id === null || id === name ? '' : ` as ${id}`;
  if (isInCatalogue && servedTo === EVERYONE) return `in the catalogue${where}: calls from everyone come`;
  if (isInCatalogue) return `in the catalogue${where}, and this home answers its own account only`;
  return where === ''
    ? 'not in the catalogue: only your own calls come'
    : `the catalogue has another copy of it${where}: only your own calls come`;
}

/** What an owner is told of one model. */
export interface ModelNote {
  readonly inCatalogue: boolean;
  readonly servedTo: ServedTo;
  /** The same for people. */
  readonly told: string;
}

export type ModelNotes = Readonly<Record<string, ModelNote>>;

/** By the model's name here; what was not asked for says nothing. */
export function makeNotes(demand: ReadonlyMap<string, Demand>, asked: readonly string[]): ModelNotes {
  const known = [...demand.values()].filter(({ name }) => asked.includes(name));
  // A server may call a model `__proto__`.
  return Object.fromEntries(
    known.map((one) => [one.name, { inCatalogue: one.isInCatalogue, servedTo: one.servedTo, told: tellStanding(one) }]),
  );
}

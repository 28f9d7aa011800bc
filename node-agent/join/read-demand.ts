// What the router says of a model's place in its catalogue and of calls for it. Pure.
import * as z from 'zod';

export interface Demand {
  readonly name: string;
  readonly isInCatalogue: boolean;
  /** Its name there. */
  readonly id: string | null;
  /** Millionths of a credit for a million tokens. */
  readonly priceInMicro: number | null;
  readonly priceOutMicro: number | null;
  /** Near here, rounded; null where there were too few to tell. */
  readonly callsPerHour: number | null;
  readonly homesOnline: number;
}

const price = z.union([z.number(), z.string().regex(/^\d{1,15}$/)]).nullish();
const rowSchema = z.object({
  name: z.string(),
  in_catalogue: z.boolean(),
  id: z.string().nullish(),
  price_in: price,
  price_out: price,
  calls_per_hour: z.number().nonnegative().nullish(),
  homes_online: z.number().nonnegative().nullish(),
});
const listSchema = z.array(z.unknown());
const answerSchema = z.union([
  z.object({ data: listSchema }).transform(({ data }) => data),
  z.object({ models: listSchema }).transform(({ models }) => models),
]);

/** By the name that was asked for. Rows of another shape are left out: nothing is known of them. */
export function readDemand(json: unknown): Map<string, Demand> {
  const rows = answerSchema.safeParse(json).data ?? [];
  const known = rows.flatMap((row) => rowSchema.safeParse(row).data ?? []);
  return new Map(
    known.map((row) => [
      row.name,
      {
        name: row.name,
        isInCatalogue: row.in_catalogue,
        id: row.id ?? null,
        priceInMicro: toNumber(row.price_in),
        priceOutMicro: toNumber(row.price_out),
        callsPerHour: row.calls_per_hour ?? null,
        homesOnline: row.homes_online ?? 0,
      },
    ]),
  );
}

function toNumber(value: number | string | null | undefined): number | null {
  return value == null ? null : Number(value);
}

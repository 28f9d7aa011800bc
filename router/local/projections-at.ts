// The projections of a router elsewhere, over its admin API.
import * as z from 'zod';
import { PROJECTIONS } from '../billing/pack-journal.ts';
import type { ProjectionSums } from '../billing/pack-journal.ts';
import type { Projections } from '../billing/projection-check.ts';

const key = z.array(z.union([z.string(), z.number()]));
const sums = z.array(z.number());
const row = z.tuple([key, sums]);
const byName = z.object(
  Object.fromEntries(PROJECTIONS.map((name) => [name, z.array(row)])) as Record<
    (typeof PROJECTIONS)[number],
    z.ZodArray<typeof row>
  >,
) satisfies z.ZodType<ProjectionSums>;
const archived = z.object({ page: z.object({ last: z.number(), sums: byName }).nullable() });
const page = z.object({
  last_file: z.number(),
  kept_from: z.number(),
  rows: z.array(z.object({ key, held: sums, told: sums })),
});
const CONFLICT = 409;

/** `url`: without a path. Every call rejects with the router's own words where it is refused. */
export function openProjectionsAt({ url, secret }: { readonly url: string; readonly secret: string }): Projections {
  const ask = async (path: string, body?: object): Promise<Response> => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    const sent = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
    const response = await fetch(`${url}/admin/v1/ledger/${path}`, sent);
    if (response.ok || response.status === CONFLICT) return response;
    throw new Error(`the router answered ${response.status} to ${path}: ${await response.text()}`);
  };
  return {
    readArchived: async (after, limit) =>
      archived.parse(await (await ask(`archived?after=${after}&limit=${limit}`)).json()).page,
    readPage: async (name, after, limit) => {
      const place = after ? `&after=${encodeURIComponent(JSON.stringify(after))}` : '';
      const {
        last_file: lastFile,
        kept_from: keptFrom,
        rows,
      } = page.parse(await (await ask(`projections/${name}?limit=${limit}${place}`)).json());
      return { lastFile, keptFrom, rows };
    },
    rebuild: async (name, lastFile, rows) =>
      (await ask(`projections/${name}`, { last_file: lastFile, rows })).status !== CONFLICT,
  };
}

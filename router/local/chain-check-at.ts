// Whether the books of a router elsewhere and its chain tell the same of claims, over its admin API.
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';

const page = z.object({
  block: z.number().nullable(),
  is_moving: z.boolean(),
  booked_micro: z.number(),
  homes: z.array(z.object({ node: z.string(), books_micro: z.number(), chain_micro: z.number() })),
  next: z.string().nullable(),
});
type Page = z.output<typeof page>;

const NOT_FOUND = 404;
/** What moves is asked again so often, with so much time between, ms. */
const TRIES = 20;
const PAUSE_MS = 500;

export interface ChainReport {
  readonly block: number | null;
  readonly homes: number;
  /** Units of all claims: of homes' objects, and of the book. */
  readonly claimed: number;
  readonly booked: number;
  /** A sentence for each difference. */
  readonly differing: readonly string[];
}

/** Null where that network pays on no chain. Rejects with the router's own words where it refuses, or where the books do not come to rest. */
export async function checkChainAt(router: {
  readonly url: string;
  readonly secret: string;
}): Promise<ChainReport | null> {
  let [homes, claimed, after] = [0, 0, ''];
  const differing: string[] = [];
  for (;;) {
    const read = await readAtRest(router, after);
    if (read === null) return null;
    homes += read.homes.length;
    for (const { node, books_micro: books, chain_micro: chain } of read.homes) {
      claimed += books;
      if (books !== chain) differing.push(`${node}: the books have ${books} claimed, the chain paid ${chain}`);
    }
    const { block, booked_micro: booked, next } = read;
    if (next === null) {
      if (booked !== claimed) differing.push(`the book has ${booked} of all claims, the homes ${claimed}`);
      return { block, homes, claimed, booked, differing };
    }
    after = next;
  }
}

async function readAtRest(
  router: { readonly url: string; readonly secret: string },
  after: string,
): Promise<Page | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    const headers = { authorization: `Bearer ${router.secret}` };
    const response = await fetch(`${router.url}/admin/v1/ledger/chain?after=${after}`, { headers });
    if (response.status === NOT_FOUND) return null;
    if (!response.ok) throw new Error(`the router answered ${response.status}: ${await response.text()}`);
    const read = page.parse(await response.json());
    if (!read.is_moving) return read;
    await sleep(PAUSE_MS);
  }
  throw new Error('what happens on the chain comes faster into the books than it can be compared: try again');
}

// What the book says of its projections, page by page, for the command that compares them and makes them anew (`npm run books`).
import { Hono } from 'hono';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import type { AppEnv } from './app-env.ts';
import { PROJECTIONS } from '../billing/pack-journal.ts';
import { ApiError } from '../errors.ts';
import { notFound, parseInput, readInput } from './admin-input.ts';

const MOST_FILES = 50;
const MOST_ROWS = 1000;
/** A thousand rows of long names. */
const MAX_BYTES = 1024 * 1024;

const name = z.enum(PROJECTIONS);
const key = z.array(z.union([z.string(), z.number()])).min(1);
const filesPage = z.object({ after: z.number().int().min(0), limit: z.number().int().min(1).max(MOST_FILES) });
const rowsPage = z.object({ after: key.nullable(), limit: z.number().int().min(1).max(MOST_ROWS) });
const anew = z.strictObject({
  /** The last file of the archive that the rows are of. */
  last_file: z.number().int().min(0),
  /** Key, and the sums that the archive tells. */
  rows: z.array(z.tuple([key, z.array(z.number().int()).min(1)])).max(MOST_ROWS),
});

/** Homes of one page: the chain is asked about each. */
const HOMES = 50;

/** GET /ledger/archived, GET /ledger/chain, GET and POST /ledger/projections/:name. */
export function makeAdminBookRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.get('/ledger/archived', async (c) => {
    const asked = { after: Number(c.req.query('after') ?? '0'), limit: Number(c.req.query('limit') ?? '20') };
    const { after, limit } = parseInput(asked, filesPage);
    return c.json({ page: await c.get('services').projections.readArchived(after, limit) });
  });
  routes.get('/ledger/chain', async (c) => {
    const { checkChain } = c.get('services');
    if (!checkChain) throw notFound('chain', 'chain');
    const { block, isMoving, homes, booked, next } = await checkChain(c.req.query('after') ?? '', HOMES);
    const told = homes.map(({ node, books, chain }) => ({ node, books_micro: books, chain_micro: chain }));
    return c.json({ block, is_moving: isMoving, homes: told, booked_micro: booked, next });
  });
  routes.get('/ledger/projections/:name', async (c) => {
    const told = c.req.query('after');
    const asked = {
      after: told === undefined ? null : parseJson(told),
      limit: Number(c.req.query('limit') ?? '500'),
    };
    const { after, limit } = parseInput(asked, rowsPage);
    const projection = readName(c.req.param('name'));
    const { lastFile, keptFrom, rows } = await c.get('services').projections.readPage(projection, after, limit);
    return c.json({ last_file: lastFile, kept_from: keptFrom, rows });
  });
  routes.post('/ledger/projections/:name', async (c) => {
    const projection = readName(c.req.param('name'));
    const { last_file: lastFile, rows } = await readInput(c, anew, MAX_BYTES);
    if (await c.get('services').projections.rebuild(projection, lastFile, rows))
      return c.json({ rebuilt: rows.length });
    throw new ApiError('conflict', 'The archive has grown since these rows were summed up. Read it on and try again.', {
      param: 'last_file',
    });
  });
  return routes;
}

function readName(told: string): z.output<typeof name> {
  const parsed = name.safeParse(told);
  if (!parsed.success) throw notFound(`projection; there are ${PROJECTIONS.join(', ')}`, 'name');
  return parsed.data;
}

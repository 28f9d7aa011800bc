// Pools: homes that answer for some, and the accounts whose calls they answer.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { poolNameField } from '../auth/pool-body.ts';
import { readPage } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import type { TellNode } from './node-desk.ts';
import {
  addHome,
  addToPool,
  dropFromPool,
  dropHome,
  findPool,
  makePool,
  tellPool,
  tellPoolWhole,
} from './pool-desk.ts';
import { postOnce } from './post-once.ts';

const newPool = z.strictObject({ name: poolNameField, owner_account_id: z.string().min(1).max(100) });

/**
 * POST and GET /pools, GET /pools/:id, PUT and DELETE /pools/:id/members/:account and /pools/:id/nodes/:node. A member comes in by the operator's word, without
 * being asked; a pool's owner can only invite (own-pools.ts).
 */
export function makeAdminPoolRoutes(tellNode: TellNode): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/pools', (c) =>
    postOnce(c, { schema: newPool, who: 'admin' }, async ({ name, owner_account_id: ownerAccountId }) => {
      const pool = await makePool({ services: c.get('services'), tellNode }, { name, ownerAccountId });
      return { told: tellPool(pool) };
    }),
  );
  routes.get('/pools', async (c) => {
    const { after, limit } = readPage(c);
    const rows = await c.get('services').pools.list(after, limit);
    return c.json({ data: rows.map(tellPool), next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null });
  });
  routes.get('/pools/:id', async (c) => answerPool(c, c.req.param('id')));
  for (const [path, add, drop] of [
    ['/pools/:id/members/:what', addToPool, dropFromPool],
    ['/pools/:id/nodes/:what', addHome, dropHome],
  ] as const) {
    routes.put(path, async (c) => {
      const desk = { services: c.get('services'), tellNode };
      await add(desk, c.req.param('id'), c.req.param('what'));
      return answerPool(c, c.req.param('id'));
    });
    routes.delete(path, async (c) => {
      const desk = { services: c.get('services'), tellNode };
      await drop(desk, c.req.param('id'), c.req.param('what'));
      return answerPool(c, c.req.param('id'));
    });
  }
  return routes;
}

async function answerPool(c: Context<AppEnv>, poolId: string): Promise<Response> {
  const services = c.get('services');
  return c.json(await tellPoolWhole(services, await findPool({ services }, poolId)));
}

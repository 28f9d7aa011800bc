// GET /v1/credit/history: where an account's credit came from, and what went without being spent, page by page.
import { Hono } from 'hono';
import * as z from 'zod';
import type { CreditEventType } from '../billing/name-credit-event.ts';
import type { Services } from '../services/edge.ts';
import { parseInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { requireCaller } from './refuse.ts';

const MOST_EVENTS = 200;
const querySchema = z.object({
  before: z
    .string()
    .max(400)
    .regex(/^\d{1,16}\..+$/, "what 'next' of the page before says")
    .nullable(),
  limit: z.coerce.number().int().min(1).max(MOST_EVENTS),
});

export interface ToldCreditEvent {
  readonly id: string;
  /** ms since epoch. */
  readonly at: number;
  readonly type: CreditEventType;
  /** What came, below 0 for what went. */
  readonly amount_micro: number;
  readonly granted_micro: number;
  readonly earned_micro: number;
  readonly bought_micro: number;
  readonly memo: string | null;
}

export const creditHistory = new Hono<AppEnv>();

creditHistory.get('/v1/credit/history', async (c) => {
  const { accountId } = await requireCaller(c, 'usage');
  const query = { before: c.req.query('before') ?? null, limit: c.req.query('limit') ?? 50 };
  return c.json({ object: 'list', ...(await listCreditHistory(c.get('services'), accountId, query)) });
});

/** Throws ApiError 400 for another place than a page told. */
export async function listCreditHistory(
  services: Services,
  accountId: string,
  page: { readonly before: string | null; readonly limit: number | string },
): Promise<{ readonly data: readonly ToldCreditEvent[]; readonly next: string | null }> {
  const { before, limit } = parseInput(page, querySchema);
  const split = before?.indexOf('.') ?? 0;
  const place = before === null ? null : { at: Number(before.slice(0, split)), id: before.slice(split + 1) };
  const { data, next } = await services.creditHistory.list(accountId, place, limit);
  return {
    data: data.map(({ amount, kinds, ...event }) => ({
      ...event,
      amount_micro: amount,
      granted_micro: kinds.granted,
      earned_micro: kinds.earned,
      bought_micro: kinds.bought,
    })),
    next: next && `${next.at}.${next.id}`,
  };
}

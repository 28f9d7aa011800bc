// GET /v1/usage: the caller's balance and totals, from the account object that decides them; and, where it is asked for, its usage by key, model, day,
// country and kind, from the totals of days in the book. A key that may not read usage is told of itself alone.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { onlyKeySeen } from '../auth/judge-rights.ts';
import type { AppEnv } from './app-env.ts';
import type { UsageSums } from '../billing/day-totals.ts';
import { ApiError } from '../errors.ts';
import { readEnergyQuery } from './read-energy-query.ts';
import { tableUsageEnergy, tellUsageEnergy } from './tell-usage-energy.ts';
import type { UsageAsk } from '../billing/build-usage-query.ts';
import { readUsageQuery } from './read-usage-query.ts';
import type { UsageWish } from './read-usage-query.ts';
import { findMethodUrl } from './own-origin.ts';
import { requireCaller } from './refuse.ts';
import { placeAfter, tableUsage, tellUsage } from './tell-usage.ts';

const UNIT = 'micro-credits (1,000,000 = 1 credit)';

/** Of ten thousand rows each. */
const MOST_PAGES = 5;

export const usage = new Hono<AppEnv>();

usage.get('/v1/usage', async (c) => {
  const caller = await requireCaller(c);
  const query = (name: string): string | undefined => c.req.query(name);
  const wish = readUsageQuery({ query, accept: c.req.header('accept'), caller, now: Date.now() });
  if (wish?.format === 'csv') return answerTable(c, wish);
  const object = c.get('services').account(caller.accountId);
  const only = onlyKeySeen(caller);
  if (only !== null) {
    const [{ held, spent }, more] = await Promise.all([object.keyUsage(only), wish && readGroups(c, wish)]);
    const whose = { object: 'usage', account: caller.accountId, key: only, unit: UNIT };
    return c.json({ ...whose, held_micro: held, totals: { charged_micro: spent.total }, ...more });
  }
  const [{ balance, held, totals, kinds, ending }, more] = await Promise.all([
    object.usage(),
    wish && readGroups(c, wish),
  ]);
  return c.json({
    object: 'usage',
    account: caller.accountId,
    unit: UNIT,
    balance_micro: balance,
    held_micro: held,
    available_micro: balance - held,
    /** Spent in this order, but for what ends: that goes first. */
    granted_micro: kinds.granted,
    earned_micro: kinds.earned,
    bought_micro: kinds.bought,
    expiring: ending.map(({ kind, left, expiresAt, purpose, sponsor }) => ({
      kind,
      amount_micro: left,
      expires_at: expiresAt,
      purpose: purpose ?? null,
      sponsor: sponsor ?? null,
    })),
    totals: {
      jobs: totals.jobs,
      prompt_tokens: totals.promptTokens,
      completion_tokens: totals.outputTokens,
      charged_micro: totals.charged,
    },
    ...more,
  });
});

/** Energy by model, month or country. */
usage.get('/v1/usage/energy', async (c) => {
  const caller = await requireCaller(c);
  const query = (name: string): string | undefined => c.req.query(name);
  const { by, format, ask } = readEnergyQuery({ query, accept: c.req.header('accept'), caller, now: Date.now() });
  const rows = await readAll(c, ask);
  if (format === 'json') return c.json(tellUsageEnergy(ask, { by, rows, methodUrl: findMethodUrl(c) }));
  c.header('content-type', 'text/csv; charset=utf-8; header=present');
  c.header('content-disposition', 'attachment; filename="irori-energy.csv"');
  return c.body(tableUsageEnergy(by, rows));
});

/** Every page: as groups a year is some thousand rows. Throws ApiError where it is far more. */
async function readAll(c: Context<AppEnv>, ask: UsageAsk): Promise<UsageSums[]> {
  const all: UsageSums[] = [];
  for (let after = ask.after, page = 0; page < MOST_PAGES; page++) {
    const { rows, hasMore } = await c.get('services').dayTotals.find({ ...ask, after });
    all.push(...rows);
    const last = rows.at(-1);
    if (!hasMore || !last) return all;
    after = JSON.parse(placeAfter(ask.groups, last)) as (string | number)[];
  }
  throw new ApiError('invalid_value', "That is too much for one answer: ask for fewer days with 'from' and 'to'.", {
    param: 'from',
  });
}

async function readGroups(c: Context<AppEnv>, { ask }: UsageWish): Promise<object> {
  const { rows, all, hasMore } = await c.get('services').dayTotals.find(ask);
  const last = rows.at(-1);
  return tellUsage(ask, { rows, all, next: hasMore && last ? nextPage(c, placeAfter(ask.groups, last)) : null });
}

async function answerTable(c: Context<AppEnv>, { ask }: UsageWish): Promise<Response> {
  const { rows, hasMore } = await c.get('services').dayTotals.find(ask);
  const last = rows.at(-1);
  c.header('content-type', 'text/csv; charset=utf-8; header=present');
  c.header('content-disposition', 'attachment; filename="irori-usage.csv"');
  if (hasMore && last) c.header('link', `<${nextPage(c, placeAfter(ask.groups, last))}>; rel="next"`);
  return c.body(tableUsage(ask, rows));
}

/** The same question from a place on. */
function nextPage(c: Context<AppEnv>, after: string): string {
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.set('after', after);
  return `${pathname}?${searchParams.toString()}`;
}

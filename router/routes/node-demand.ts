// GET /node/v1/demand: what the network pays for a model and how often it is asked for, before anything is shared. GET /node/v1/forecast: what a home may earn.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { PUBLIC_POOL } from '../../schema/placement.ts';
import type { Place } from '../../schema/places.ts';
import { ADDRESS_HEADER, readAddress } from '../auth/read-address.ts';
import type { CatalogueModel } from '../billing/catalogue.ts';
import type { JobStats } from '../billing/job-log.ts';
import { ApiError } from '../errors.ts';
import { expectForecast } from '../homes/expect-forecast.ts';
import type { NodeWhy } from '../homes/make-why.ts';
import type { AppEnv } from './app-env.ts';
import { findAskedNodes, findHome } from './asked-nodes.ts';
import { findPlace } from './find-place.ts';
import { nameModel } from './served-models.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Models of one question, and homes of one forecast. */
const MOST_MODELS = 64;
const MOST_HOMES = 10;
/** Below so many calls nothing is told of them: they may be one caller's. */
const LEAST_CALLS = 3;
/** Questions of one home, or of one address. */
const PACE = { brim: 30, perS: 0.5 };

export const nodeDemand = new Hono<AppEnv>();

nodeDemand.get('/node/v1/demand', async (c) => {
  const services = c.get('services');
  const home = c.req.header('authorization') === undefined ? null : await findHome(c);
  pace(c, home);
  const asked = readAsked(c);
  const now = Date.now();
  const [listed, stats] = await Promise.all([
    services.catalogue.list(now),
    services.jobLog.summarise(HOUR_MS, now).catch(() => null),
  ]);
  const place = findPlace(c.req.raw, c.env);
  const models = await Promise.all(
    asked.map(async ({ name, digest }) => {
      const entry = listed.find((one) => (digest === null ? one.id === name : one.digests.includes(digest)));
      return { name, ...(entry ? await tellEntry(c, entry, { stats, place }) : NOT_LISTED) };
    }),
  );
  return c.json({ object: 'demand', unit: 'micro-credits per million tokens', models });
});

const NOT_LISTED = {
  in_catalogue: false,
  id: null,
  price_in: 0,
  price_out: 0,
  calls_per_hour: null,
  homes_online: 0,
  served_to: 'own account only',
} as const;

async function tellEntry(
  c: Context<AppEnv>,
  { id, priceIn, priceOut }: CatalogueModel,
  { stats, place }: { readonly stats: JobStats | null; readonly place: Place },
): Promise<object> {
  const rows = await c.get('services').homes.serving(id, place);
  return {
    in_catalogue: true,
    id,
    price_in: priceIn,
    price_out: priceOut,
    calls_per_hour: countCalls(stats, id),
    homes_online: rows.filter(({ pools }) => pools.includes(PUBLIC_POOL)).length,
    served_to: 'everyone',
  };
}

/** Answered calls of the last hour over the whole network, to two digits; null where they are too few to be told. */
function countCalls(stats: JobStats | null, model: string): number | null {
  const jobs = stats?.models[model]?.jobs ?? 0;
  if (!stats || jobs < LEAST_CALLS) return null;
  const perHour = (jobs * HOUR_MS) / Math.max(1, stats.toAt - stats.fromAt);
  return Number(perHour.toPrecision(2));
}

/** Names and digests in their order, `model` and `digest` as often as there are models. Throws ApiError 400. */
function readAsked(c: Context<AppEnv>): { name: string; digest: string | null }[] {
  const names = c.req.queries('model') ?? [];
  const digests = c.req.queries('digest') ?? [];
  if (names.length === 0 || names.length > MOST_MODELS)
    throw new ApiError('invalid_value', `'model' must be said once for each model, ${MOST_MODELS} at most.`, {
      param: 'model',
    });
  return names.map((name, i) => {
    const digest = digests[i] ?? '';
    if (digest !== '' && !/^[0-9a-f]{64}$/.test(digest))
      throw new ApiError('invalid_value', "'digest' must be 64 hex digits, or empty, in the order of 'model'.", {
        param: 'digest',
      });
    return { name: name.slice(0, 200), digest: digest === '' ? null : digest };
  });
}

/** A home goes by its own number, anybody else by the address. Throws ApiError 429. */
function pace(c: Context<AppEnv>, home: string | null): void {
  const who = home ?? readAddress(c.req.header(ADDRESS_HEADER));
  // Where no address tells who asks, as on a local network, all are one, and may ask more.
  const rule = who === '' ? { brim: 20 * PACE.brim, perS: 20 * PACE.perS } : PACE;
  const waitS = c.get('services').paces.take('demand', who, { rule, now: Date.now() });
  if (waitS === null) return;
  const told = 'Too many questions about demand came from here just now.';
  throw new ApiError('rate_limit_exceeded', told, { retryAfterS: waitS });
}

nodeDemand.get('/node/v1/forecast', async (c) => {
  const services = c.get('services');
  const { nodeIds, next } = await findAskedNodes(c, MOST_HOMES);
  const now = Date.now();
  const [whys, days, listed] = await Promise.all([
    services.findWhy(nodeIds),
    services.modelDays.list(now),
    services.catalogue.list(now),
  ]);
  const told = await Promise.all(
    whys.flatMap((why) =>
      (why.live?.models ?? []).flatMap(({ name, digest }) => {
        const id = nameModel(listed, digest);
        return id === null ? [] : [tellForecast(c, { why, name, id, demand: days.get(id) ?? [], now })];
      }),
    ),
  );
  const enough = told.some(({ low_micro_day: low }) => low !== null);
  return c.json({ object: 'forecast', unit: 'micro-credits a day', models: told, enough_data: enough, next });
});

function tellTooLittle(id: string, days: number): string {
  return days === 0
    ? `nothing of ${id} was settled in the month before today`
    : `too little was settled of ${id} in the last ${days} days to say`;
}

interface Foreseen {
  readonly why: NodeWhy;
  /** As the home calls it, and as the catalogue does. */
  readonly name: string;
  readonly id: string;
  readonly demand: Parameters<typeof expectForecast>[0];
  readonly now: number;
}

async function tellForecast(
  c: Context<AppEnv>,
  { why, name, id, demand, now }: Foreseen,
): Promise<Record<string, unknown> & { low_micro_day: number | null }> {
  const rows = await c.get('services').homes.serving(id, findPlace(c.req.raw, c.env));
  const others = rows.filter(({ node, pools }) => node !== why.node && pools.includes(PUBLIC_POOL));
  const measured = why.measured[name];
  const decodeTokensPerS = (measured ?? why.guessed[name])?.decodeTokensPerS ?? 0;
  const own = { slots: why.live?.slots ?? 0, decodeTokensPerS };
  const { low, high, days, share } = expectForecast(demand, { own, others, today: Math.floor(now / DAY_MS) });
  const speed = measured ? 'measured' : 'guessed';
  const basis =
    low === null
      ? tellTooLittle(id, days)
      : `what was settled of ${id} in ${days} days; this home has ${Math.round(100 * share)} % of the capacity that is online now (its speed is ${speed}), ${others.length} other homes the rest`;
  return { node: why.node, name, id, low_micro_day: low, high_micro_day: high, basis, days };
}

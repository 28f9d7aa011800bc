// The wish that placement gets: what the request says, else what its key says, else the neutral values. Pure.
import { SAMPLERS } from '../../schema/needs.ts';
import type { Need, Sampler } from '../../schema/needs.ts';
import { NO_WISH } from '../../schema/placement.ts';
import type { PoolWish, Wish } from '../../schema/placement.ts';
import { priceAtHome } from '../../schema/prices.ts';
import type { PriceBounds } from '../../schema/prices.ts';
import { UNITS_PER_CREDIT } from '../../schema/provider.ts';
import type { KeyDefaults, SaidWish } from '../../schema/provider.ts';
import type { RequestFault } from '../../schema/request-fault.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Caller } from '../auth/judge-key.ts';
import { POOL_WORDS } from '../auth/pool-body.ts';

export interface WishInput {
  /** The request's `provider`. */
  readonly said: SaidWish;
  readonly defaults: KeyDefaults | null;
  readonly pools: Caller['pools'];
  readonly needs: readonly Need[];
  /** Needs only of who wants nothing left out; none by default. */
  readonly wants?: readonly Need[] | undefined;
  /** Samplers that the request sets; none by default. */
  readonly samplers?: Readonly<Partial<Record<Sampler, number>>> | undefined;
  /** Fields of the request that nothing reads. */
  readonly ignored: readonly string[];
  /** The model as it is sold, in units per million tokens; 0 for the caller's own. */
  readonly model: { readonly id: string } & PriceBounds;
}

const POOL_NAMES_TOLD = 20;

/**
 * The whole wish of one request; its own fields go before the key's, one by one.
 * Errors: a field that nothing reads where `require_parameters` is true, `provider.pool` for a pool that is not the caller's, `provider.max_price.prompt` or `.completion` for a price
 * that the model cannot be had for.
 */
export function makeWish(input: WishInput): Result<Wish, RequestFault> {
  const { said, defaults, pools, wants = [], ignored, model } = input;
  const { pool: poolText, ...fields } = { ...defaults?.wish, ...said };
  const pool = poolText === undefined ? ok(NO_WISH.pool) : findPool(poolText, pools);
  if (!pool.ok) return err(blame(pool.error, said.pool === undefined));
  const isStrict = fields.requireParameters === true;
  const samplers = isStrict ? listSamplers(input) : [];
  const needs = isStrict ? [...input.needs, ...wants] : input.needs;
  const found = { pool: pool.value, maxWaitMs: fields.maxTtftMs ?? null, needs, samplers };
  const wish: Wish = { ...NO_WISH, ...fields, ...found };
  if (wish.requireParameters && ignored[0] !== undefined)
    return err(blame(refuseIgnored(ignored[0]), said.requireParameters === undefined));
  // Work on the caller's own homes is free, whatever the model costs elsewhere.
  if (wish.pool.kind === 'mine') return ok(wish);
  const least = priceAtHome(model, 0);
  if (wish.maxPriceIn !== null && wish.maxPriceIn < least.priceIn)
    return err(blame(refusePrice('prompt', model.id, least.priceIn), said.maxPriceIn === undefined));
  if (wish.maxPriceOut !== null && wish.maxPriceOut < least.priceOut)
    return err(blame(refusePrice('completion', model.id, least.priceOut), said.maxPriceOut === undefined));
  return ok(wish);
}

function listSamplers({ samplers = {} }: WishInput): Sampler[] {
  return SAMPLERS.filter((sampler) => sampler in samplers);
}

function refuseIgnored(field: string): RequestFault {
  const told = `'${field}' is not known here, and 'provider.require_parameters' wants every field kept. Leave it out.`;
  return { param: field, code: 'unsupported_parameter', message: told };
}

function findPool(text: string, pools: Caller['pools']): Result<PoolWish, RequestFault> {
  const word = POOL_WORDS.find((one) => one === text);
  if (word) return ok({ kind: word });
  const pool = pools.find((one) => one.name === text || one.id === text);
  if (pool) return ok({ kind: 'pool', id: pool.id });
  const names = pools.slice(0, POOL_NAMES_TOLD).map((one) => `'${one.name}'`);
  const yours = names.length > 0 ? `your pools ${names.join(', ')}` : 'the name of a pool (you are in none)';
  return err({
    param: 'provider.pool',
    code: 'invalid_value',
    message: `There is no pool '${text}' that you may use. Use 'mine', 'mine-first', 'public', or ${yours}.`,
  });
}

function refusePrice(side: 'prompt' | 'completion', model: string, price: number): RequestFault {
  const field = `provider.max_price.${side}`;
  const told = `'${model.slice(0, 100)}' costs at least ${price / UNITS_PER_CREDIT} credits per million ${side} tokens`;
  return {
    param: field,
    code: 'invalid_value',
    message: `${told}, which is above your '${field}'. Raise it, or choose another model or 'provider.pool': 'mine'.`,
  };
}

/** A caller who did not write the field must hear where it comes from. */
function blame(fault: RequestFault, isByKey: boolean): RequestFault {
  return isByKey ? { ...fault, message: `${fault.message} It was set as a default of your API key.` } : fault;
}

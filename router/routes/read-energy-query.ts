// What a caller asks of the energy of its usage. Pure.
import type { Caller } from '../auth/judge-key.ts';
import type { UsageGroup } from '../billing/build-usage-query.ts';
import { ApiError } from '../errors.ts';
import { readUsageQuery } from './read-usage-query.ts';
import type { UsageWish } from './read-usage-query.ts';
import type { EnergyBy } from './tell-usage-energy.ts';

/** `ask` is of whole pages; rows by country too, since grams are told by grid. */
export interface EnergyWish extends UsageWish {
  readonly by: EnergyBy;
}

const GROUPS: Readonly<Record<EnergyBy, readonly UsageGroup[]>> = {
  model: ['model', 'country'],
  month: ['day', 'country'],
  country: ['country'],
};
const PAGE_ROWS = 10_000;

/** Throws ApiError 400 with `param`. */
export function readEnergyQuery(asking: {
  readonly query: (name: string) => string | undefined;
  readonly accept: string | undefined;
  readonly caller: Caller;
  readonly now: number;
}): EnergyWish {
  const by = asking.query('by') ?? 'model';
  if (!isBy(by)) throw new ApiError('invalid_value', "'by' must be model, month or country.", { param: 'by' });
  const told = ['from', 'to', 'key', 'model', 'kind', 'format'];
  const query = (name: string): string | undefined =>
    name === 'group_by' ? GROUPS[by].join(',') : told.includes(name) ? asking.query(name) : undefined;
  const wish = readUsageQuery({ ...asking, query });
  if (!wish) throw new TypeError('groups make a question');
  return { by, format: wish.format, ask: { ...wish.ask, limit: PAGE_ROWS } };
}

function isBy(word: string): word is EnergyBy {
  return Object.hasOwn(GROUPS, word);
}

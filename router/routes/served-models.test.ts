import { expect, test } from 'vitest';
import type { PresenceRow } from '../../schema/presence.ts';
import { UNKNOWN_PLACE } from '../../schema/places.ts';
import type { Catalogue } from '../billing/catalogue.ts';
import type { HomeFinder } from '../placement/home-finder.ts';
import type { Caller } from '../auth/judge-key.ts';
import { countHomes, findModel, listModels, nameModel, nameModels, pickListing } from './served-models.ts';

const LAB = { id: 'pool_lab', name: 'lab' };
const caller: Caller = {
  accountId: 'acct_c',
  keyId: 'key_c',
  defaults: null,
  pools: [LAB],
  scopes: ['call'],
  models: null,
  expiresAt: null,
  memberId: null,
  role: null,
  rightsAt: 0,
};
const stranger: Caller = { ...caller, accountId: 'acct_s', pools: [] };
const listed = { id: 'm', description: 'd', digests: ['x'], priceIn: 1, priceOut: 2, contextTokens: 100 };
const model = { ...listed, maxOutputTokens: 50, tokenizer: null, minBytesPerToken: 1, createdAt: 0 };

const CONTEXTS = [4096, 2048];
const row = (owner: string, pools: string[], serves: string[] = []): PresenceRow =>
  ({
    owner,
    pools,
    serves,
    contexts: CONTEXTS.slice(0, serves.length),
    contextTokens: 4096,
    cans: [['tools']],
    country: 'DE',
  }) as unknown as PresenceRow;
const rows: Record<string, PresenceRow[]> = {
  m: [row('acct_o', ['public']), row('acct_o', ['pool_lab']), row('acct_c', []), row('acct_o', ['pool_other'])],
  '~acct_c': [row('acct_c', [], ['llama*', 'mine'])],
};
const homes = { serving: async (key: string) => rows[key] ?? [] } as unknown as HomeFinder;
const catalogue = {
  find: async (id: string) => (id === 'm' ? model : null),
  list: async () => [model],
} as unknown as Catalogue;
const doors = { catalogue, homes };

test('homes are counted that are everyone’s, the caller’s own, or in a pool of the caller’s', async () => {
  const served = { modelKey: 'm', ownName: null };
  expect(await countHomes(homes, served, caller, { place: UNKNOWN_PLACE })).toBe(3);
  expect(await countHomes(homes, served, stranger, { place: UNKNOWN_PLACE })).toBe(1);
});

test('of the caller’s own homes those are counted that serve the name', async () => {
  const count = (ownName: string) =>
    countHomes(homes, { modelKey: '~acct_c', ownName }, caller, { place: UNKNOWN_PLACE });
  expect([await count('llama3'), await count('mine'), await count('mine2')]).toEqual([1, 1, 0]);
});

test('a listing tells a caller only of homes that the caller may use', async () => {
  const [first, ...own] = await listModels(doors, caller, UNKNOWN_PLACE);
  expect(first).toMatchObject({ id: 'm', nodesOnline: 3, can: ['tools'], countries: ['DE'] });
  expect(own.map(({ id }) => id)).toEqual(['llama*', 'mine']);
  expect(await listModels(doors, stranger, UNKNOWN_PLACE)).toMatchObject([{ id: 'm', nodesOnline: 1 }]);
});

test('a name is the catalogue’s, else one of the caller’s own, else nobody’s', async () => {
  expect(await findModel(doors, 'm', stranger)).toMatchObject({ modelKey: 'm', ownName: null, priceOut: 2 });
  expect(await findModel(doors, 'llama3', caller)).toMatchObject({
    modelKey: '~acct_c',
    ownName: 'llama3',
    priceOut: 0,
  });
  await expect(findModel(doors, 'llama3', stranger)).rejects.toMatchObject({ code: 'model_not_found' });
});

test('each of the caller’s own names has its own context, in the listing and for a call', async () => {
  const own = (await listModels(doors, caller, UNKNOWN_PLACE)).filter(({ isOwn }) => isOwn);
  expect(own.map(({ id, contextTokens }) => [id, contextTokens])).toEqual([
    ['llama*', 4096],
    ['mine', 2048],
  ]);
  expect(await findModel(doors, 'mine', caller)).toMatchObject({ contextTokens: 2048, maxOutputTokens: 2048 });
});

test('a catalogue model is listed with what can be used of it now: the largest of the caller’s homes, within its own limit', async () => {
  const listing = async (contexts: readonly number[], of = caller): Promise<unknown> => {
    const online = contexts.map((contextTokens, i) => ({
      ...row('acct_o', [i === 0 ? 'public' : 'pool_lab']),
      contextTokens,
    }));
    const [first] = await listModels(
      { catalogue, homes: { serving: async (key: string) => (key === 'm' ? online : []) } as never },
      of,
      UNKNOWN_PLACE,
    );
    return [first?.contextTokens, first?.maxContextTokens];
  };
  expect(await listing([])).toEqual([100, 100]);
  expect(await listing([40, 64])).toEqual([64, 100]);
  expect(await listing([40, 64], stranger)).toEqual([40, 100]);
  expect(await listing([4096])).toEqual([100, 100]);
});

test('a name with and without :latest is one model: listed once, found under both, and never charged for one’s own home', async () => {
  const both = {
    '~acct_c': [row('acct_c', [], ['llama3.2:latest', 'm:latest']), row('acct_c', [], ['llama3.2', 'llama3.2:latest'])],
  } as Record<string, PresenceRow[]>;
  const here = { catalogue, homes: { serving: async (key: string) => both[key] ?? [] } as unknown as HomeFinder };
  const listing = await listModels(here, caller, UNKNOWN_PLACE);
  expect(listing.map(({ id, nodesOnline }) => [id, nodesOnline])).toEqual([
    ['m', 0],
    ['llama3.2', 2],
    ['m:latest', 1],
  ]);
  for (const id of ['llama3.2', 'llama3.2:latest']) {
    expect(pickListing(listing, id)).toMatchObject({ id, nodesOnline: 2 });
    expect(await findModel(here, id, caller)).toMatchObject({ ownName: id });
  }
  for (const id of ['LLAMA3.2', ' llama3.2', 'llama3.2 ', 'llama3.2:1b']) {
    expect(pickListing(listing, id)).toBeNull();
    await expect(findModel(here, id, caller)).rejects.toMatchObject({ code: 'model_not_found' });
  }
  expect(await findModel(here, 'm:latest', caller)).toMatchObject({ ownName: 'm:latest', priceOut: 0 });
  expect(await findModel(here, 'm:latest', stranger)).toMatchObject({ modelKey: 'm', priceOut: 2 });
});

test('a name under a pattern can be retrieved as it can be called', async () => {
  const listing = await listModels(doors, caller, UNKNOWN_PLACE);
  expect(pickListing(listing, 'llama-7b')).toMatchObject({ id: 'llama-7b', isOwn: true });
  expect(pickListing(listing, 'other')).toBeNull();
});

test('weights that stand in the catalogue under several names have all of them', () => {
  const entry = { ...model, maxFirstTokenMs: 5000 };
  const two = [entry, { ...entry, id: 'm-cheap' }, { ...entry, id: 'other', digests: ['y'] }];
  expect(nameModels(two, 'x')).toEqual(['m', 'm-cheap']);
  expect(nameModel(two, 'x')).toBe('m');
  expect([nameModels(two, 'z'), nameModel(two, 'z')]).toEqual([[], null]);
});

import { describe, expect, test } from 'vitest';
import type { Caller } from '../auth/judge-key.ts';
import { ApiError } from '../errors.ts';
import { readUsageQuery } from './read-usage-query.ts';
import { tableUsage, tellUsage, placeAfter } from './tell-usage.ts';

const NOW = Date.parse('2026-11-28T13:00:00Z');
const TODAY = NOW / 86_400_000;
const caller: Caller = {
  accountId: 'acct_1',
  keyId: 'key_1',
  defaults: null,
  pools: [],
  scopes: ['call', 'usage'],
  models: null,
  expiresAt: null,
  memberId: null,
  role: null,
  rightsAt: 0,
};

function read(text: string, accept?: string) {
  const search = new URLSearchParams(text);
  return readUsageQuery({ query: (name) => search.get(name) ?? undefined, accept, caller, now: NOW });
}

test('a key that may not read usage asks for its own alone', () => {
  const query = (name: string): string | undefined => (name === 'group_by' ? 'day' : undefined);
  const ask = (who: Caller) => readUsageQuery({ query, accept: undefined, caller: who, now: NOW })?.ask.ownKeyId;
  expect([ask(caller), ask({ ...caller, scopes: ['call'] })]).toEqual([null, 'key_1']);
});

test('who asks for nothing of it gets what there always was', () => {
  expect(read('')).toBeNull();
  expect(read('format=json')).toBeNull();
  expect(read('something=else', 'application/json')).toBeNull();
});

test('groups stand in the order given; the last 30 days are told where none are named', () => {
  expect(read('group_by=model,key,day')?.ask).toEqual({
    accountId: 'acct_1',
    ownKeyId: null,
    groups: ['model', 'key', 'day'],
    fromDay: Math.floor(TODAY) - 29,
    toDay: Math.floor(TODAY),
    key: null,
    model: null,
    kind: null,
    country: null,
    after: null,
    limit: 1000,
  });
  expect(read('from=2025-11-28&to=2026-11-28')?.ask).toMatchObject({ toDay: 20_785, fromDay: 20_420, groups: [] });
  expect(read('key=key_2&model=a%2Fb&kind=embedding&limit=7')?.ask).toMatchObject({
    key: 'key_2',
    model: 'a/b',
    kind: 'embedding',
    limit: 7,
  });
});

test('a table is asked for by the query or by what is accepted, and is by day where nobody says', () => {
  expect(read('format=csv')).toMatchObject({ format: 'csv', ask: { groups: ['day'], limit: 10_000 } });
  expect(read('', 'text/csv;q=1')).toMatchObject({ format: 'csv' });
  expect(read('format=json&group_by=key', 'text/csv')).toMatchObject({ format: 'json' });
});

describe('what cannot be is refused by its field', () => {
  test.each([
    ['group_by=key,node', 'group_by'],
    ['group_by=key,key', 'group_by'],
    ['from=yesterday', 'from'],
    ['from=2026-02-30', 'from'],
    ['to=2026-1-1', 'to'],
    ['from=2026-02-02&to=2026-02-01', 'from'],
    ['from=2025-11-27&to=2026-11-28', 'from'],
    ['kind=dance', 'kind'],
    ['key=', 'key'],
    [`model=${'m'.repeat(301)}`, 'model'],
    ['limit=0', 'limit'],
    ['limit=1e3', 'limit'],
    ['limit=10001', 'limit'],
    ['format=xml', 'format'],
    ['country=germany', 'country'],
    ['group_by=hour&from=2026-01-01', 'from'],
    ['group_by=month&from=2001-01-01', 'from'],
    ['group_by=key&after=7', 'after'],
    ['group_by=key&after=[1]', 'after'],
    ['group_by=key,day&after=["key_1"]', 'after'],
  ])('%s', (text, param) => {
    const fault = ((): unknown => {
      try {
        return read(text);
      } catch (error) {
        return error;
      }
    })();
    expect(fault).toBeInstanceOf(ApiError);
    expect(fault).toMatchObject({ code: 'invalid_value', options: { param } });
  });
});

const COUNTS = { jobs: 2, parts: 3, prompt_tokens: 10, output_tokens: 20, charged: 50 };

test('a row names its groups; energy that nobody knows is null, and what is known is told with how many parts it is of', () => {
  const ask = read('group_by=day,key&from=2026-11-01')?.ask;
  if (!ask) throw new Error('nothing is asked');
  const known = { key_id: 'key_1', key_name: 'laptop', day: 20_785, ...COUNTS, energy_micro_wh: 0, energy_parts: 1 };
  const unknown = { ...known, key_id: 'key_2', key_name: null, energy_parts: 0 };
  const counts = { jobs: 2, parts: 3, prompt_tokens: 10, completion_tokens: 20, charged_micro: 50 };
  expect(tellUsage(ask, { rows: [known, unknown], all: null, next: '/next' })).toEqual({
    from: '2026-11-01',
    to: '2026-11-28',
    group_by: ['day', 'key'],
    filters: { key: null, model: null, kind: null, country: null },
    period: null,
    data: [
      { day: '2026-11-28', key: 'key_1', key_name: 'laptop', ...counts, energy_micro_wh: 0, energy_known_parts: 1 },
      { day: '2026-11-28', key: 'key_2', key_name: null, ...counts, energy_micro_wh: null, energy_known_parts: 0 },
    ],
    has_more: true,
    next: '/next',
  });
  expect(tableUsage(ask, [{ ...known, key_name: '=cmd' }, unknown])).toBe(
    'day,key,key_name,jobs,parts,prompt_tokens,completion_tokens,charged_micro,energy_micro_wh,energy_known_parts\r\n' +
      "2026-11-28,key_1,'=cmd,2,3,10,20,50,0,1\r\n2026-11-28,key_2,,2,3,10,20,50,,0\r\n",
  );
  const place = placeAfter(ask.groups, known);
  expect(read(`group_by=day,key&after=${encodeURIComponent(place)}`)?.ask.after).toEqual([20_785, 'key_1']);
});

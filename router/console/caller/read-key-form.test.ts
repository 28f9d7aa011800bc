import { expect, test } from 'vitest';
import { readKeyForm } from './read-key-form.ts';
import type { KeyForm } from './read-key-form.ts';

const EMPTY: KeyForm = {
  name: 'k',
  scopes: [],
  models: '',
  expires_days: '',
  day: '',
  month: '',
  total: '',
  requests: '',
  defaults: '',
};
const NONE = { day: null, month: null, total: null, job: null, requests: null, tokens: null, concurrent: null };

test('fields that are left empty bind a new key to nothing', () => {
  const said = readKeyForm(EMPTY, undefined);
  expect(said).toEqual({
    ok: true,
    value: { name: 'k', scopes: null, models: null, expires_in_s: null, limits: NONE, defaults: null },
  });
});

test('credits, days and names are read as people write them', () => {
  const form = {
    ...EMPTY,
    scopes: 'call',
    models: ' a, b ,',
    expires_days: '7',
    day: '2.5',
    month: '10,25',
    requests: '60',
    defaults: '{"sort":"greenest"}',
  };
  expect(readKeyForm(form, undefined)).toMatchObject({
    value: {
      scopes: ['call'],
      models: ['a', 'b'],
      expires_in_s: 604_800,
      limits: { ...NONE, day: 2_500_000, month: 10_250_000, requests: 60 },
      defaults: { sort: 'greenest' },
    },
  });
});

test('what a form does not show of an old key stays: its end, and limits that have no field', () => {
  const before = { ...NONE, job: 5, tokens: 1000, concurrent: 3, day: 9 };
  const said = readKeyForm({ ...EMPTY, expires_days: 'keep' }, before);
  expect(said).toMatchObject({ value: { limits: { ...NONE, job: 5, tokens: 1000, concurrent: 3 } } });
  expect(said.ok && 'expires_in_s' in said.value).toBe(false);
});

test.each([
  [{ name: '' }, 'name'],
  [{ day: 'much' }, 'limits.spend.day_micro'],
  [{ month: '-1' }, 'limits.spend.month_micro'],
  [{ requests: '1.5' }, 'limits.requests_per_minute'],
  [{ scopes: ['everything'] }, 'scopes.0'],
  [{ defaults: '{' }, 'defaults'],
  [{ defaults: '{"sort":"worst"}' }, 'defaults'],
])('%o is refused by its field', (wrong, field) => {
  const said = readKeyForm({ ...EMPTY, ...wrong }, undefined);
  expect(said.ok ? null : said.error.path.join('.')).toBe(field);
});

test('of a wish that is none it is told which, and what it may be', () => {
  const said = readKeyForm({ ...EMPTY, defaults: '{"sort":"worst"}' }, undefined);
  expect(said.ok ? '' : said.error.message).toMatch(/^sort: .*closest/);
});

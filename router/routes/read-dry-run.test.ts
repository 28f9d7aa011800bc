import { expect, it } from 'vitest';
import { readDryRun } from './read-dry-run.ts';

it('a body that says dry_run is read without it', () => {
  expect(readDryRun({ model: 'm', dry_run: true })).toEqual({
    ok: true,
    value: { isDryRun: true, body: { model: 'm' } },
  });
});

it('a form says it in words', () => {
  expect(readDryRun({ model: 'm', dry_run: 'true' })).toMatchObject({ value: { isDryRun: true } });
  expect(readDryRun({ model: 'm', dry_run: 'false' })).toMatchObject({
    value: { isDryRun: false, body: { model: 'm' } },
  });
});

it.each([[{ model: 'm' }], [{ model: 'm', dry_run: false }], [{ model: 'm', dry_run: null }]])(
  '%j is a call',
  (body) => {
    expect(readDryRun(body)).toEqual({ ok: true, value: { isDryRun: false, body: { model: 'm' } } });
  },
);

it.each([[[]], ['text'], [null], [7]])('%j is left to whoever reads it', (body) => {
  expect(readDryRun(body)).toEqual({ ok: true, value: { isDryRun: false, body } });
});

it.each([[1], ['yes'], [{}], ['']])('dry_run: %j is refused by name', (said) => {
  expect(readDryRun({ dry_run: said })).toEqual({
    ok: false,
    error: { param: 'dry_run', code: 'invalid_value', message: "'dry_run' must be true or false." },
  });
});

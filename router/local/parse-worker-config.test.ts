import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseToml } from './parse-toml.ts';
import { parseWorkerConfig } from './parse-worker-config.ts';

const CONFIG = resolve(import.meta.dirname, '../../wrangler.toml');

describe('parseToml', () => {
  test('tables, arrays of tables, comments and values of several lines are read', () => {
    const text = [
      'a = "x # not a comment" # one',
      "b = 'lit\\eral'",
      'c = [ # here',
      '  "one", 2, # two',
      '  true,',
      ']',
      'd = { e = 1.5, f = "g" }',
      '[t.u]',
      'n = -1_000',
      '[[l]]',
      'k = "1"',
      '[[l]]',
      'k = "tab\\t"',
    ].join('\n');
    expect(parseToml(text)).toEqual({
      ok: true,
      value: {
        a: 'x # not a comment',
        b: 'lit\\eral',
        c: ['one', 2, true],
        d: { e: 1.5, f: 'g' },
        t: { u: { n: -1000 } },
        l: [{ k: '1' }, { k: 'tab\t' }],
      },
    });
  });

  test.each([
    ['dates', 'a = 2026-01-01', 'line 1'],
    ['open strings', '\na = "x', 'line 2'],
    ['open arrays', 'a = [1, 2', 'line 1'],
    ['text after a value', 'a = 1 b', 'line 1'],
    ['multi-line strings', 'a = """x"""', 'line 1'],
    ['a table over a list', '[[a]]\n[a.b]\n[[a.b]]', 'line 3'],
  ])('%s are refused by line', (_name, text, where) => {
    expect(parseToml(text)).toEqual({ ok: false, error: expect.stringContaining(where) });
  });
});

describe('parseWorkerConfig', () => {
  test('reads this repository as wrangler itself reads it', async () => {
    const { unstable_readConfig } = await import('wrangler');
    const theirs = unstable_readConfig({ config: CONFIG }, { hideWarnings: true });
    const ours = parseWorkerConfig(readFileSync(CONFIG, 'utf8'));
    if (!ours.ok) throw new Error(ours.error);
    expect(ours.value.name).toBe(theirs.name);
    expect(resolve(CONFIG, '..', ours.value.main)).toBe(theirs.main);
    expect(ours.value.compatibilityDate).toBe(theirs.compatibility_date);
    expect(ours.value.compatibilityFlags).toEqual(theirs.compatibility_flags);
    expect(ours.value.vars).toEqual(theirs.vars);
    expect(ours.value.objects).toEqual(
      theirs.durable_objects.bindings.map((each: { name: string; class_name?: string }) => ({
        binding: each.name,
        className: each.class_name,
      })),
    );
    expect(ours.value.databases.map((each) => each.binding)).toEqual(
      theirs.d1_databases.map((each: { binding: string }) => each.binding),
    );
  });

  test('the deployed configuration has no door that injects a place', () => {
    expect(readFileSync(CONFIG, 'utf8')).not.toContain('LOCAL_PLACES');
  });

  const minimal = 'name = "a"\nmain = "a.ts"\ncompatibility_date = "2026-01-01"\n';

  test('a kind of binding that the local network lacks is named', () => {
    const parsed = parseWorkerConfig(`${minimal}[[kv_namespaces]]\nbinding = "KV"\nid = "x"`);
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining('kv_namespaces') });
  });

  test('an object class without a SQLite migration is named', () => {
    const parsed = parseWorkerConfig(`${minimal}[[durable_objects.bindings]]\nname = "H"\nclass_name = "Hub"`);
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining('Hub') });
  });
});

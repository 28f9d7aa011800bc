import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseWorkerConfig } from './parse-worker-config.ts';

const CONFIG = resolve(import.meta.dirname, '../../wrangler.toml');

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

  test('the bucket for old receipts is bound where its marks are taken away, and the clock is set', () => {
    const text = readFileSync(CONFIG, 'utf8');
    const bound = text.replaceAll(/^# (\[\[r2_buckets\]\]|binding = "RECEIPTS"|bucket_name = .*)$/gm, '$1');
    expect(parseWorkerConfig(text)).toMatchObject({ ok: true, value: { buckets: [], isTimed: true } });
    expect(parseWorkerConfig(bound)).toMatchObject({
      ok: true,
      value: { buckets: [{ binding: 'RECEIPTS', name: 'irori-receipts' }] },
    });
  });

  const minimal = 'name = "a"\nmain = "a.ts"\ncompatibility_date = "2026-01-01"\n';

  test('a file that is no TOML is refused by its line', () => {
    expect(parseWorkerConfig(`${minimal}[vars]\nCHAIN_ID = 1 2`)).toEqual({
      ok: false,
      error: expect.stringMatching(/^line 5: [^\n]+$/),
    });
  });

  test('a kind of binding that the local network lacks is named', () => {
    const parsed = parseWorkerConfig(`${minimal}[[kv_namespaces]]\nbinding = "KV"\nid = "x"`);
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining('kv_namespaces') });
  });

  test('an object class without a SQLite migration is named', () => {
    const parsed = parseWorkerConfig(`${minimal}[[durable_objects.bindings]]\nname = "H"\nclass_name = "Hub"`);
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining('Hub') });
  });
});

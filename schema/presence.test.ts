import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  contextOf,
  isServing,
  ownModelKey,
  packRow,
  packSummary,
  parseRow,
  parseSummary,
  PRESENCE_REFRESH_MS,
  PRESENCE_TTL_MS,
  rowKey,
  summaryKey,
} from './presence.ts';
import type { PresenceRow, PresenceSummary } from './presence.ts';

const tenth = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min * 10, max: max * 10 }).map((steps) => steps / 10 + 0);
const count = fc.nat();
const row: fc.Arbitrary<PresenceRow> = fc
  .record({
    node: fc.string(),
    hub: fc.string(),
    lat: tenth(-90, 90),
    lon: tenth(-180, 180),
    country: fc.string(),
    owner: fc.string(),
    pools: fc.array(fc.string()),
    slots: count,
    rttMs: count,
    loadMs: count,
    promptTokensPerS: tenth(0, 10_000),
    decodeTokensPerS: tenth(0, 1000),
    contextTokens: count,
    digest: fc.string(),
    quantisation: fc.string(),
    priceIn: count,
    priceOut: count,
    serves: fc.constant([] as string[]),
    contexts: fc.constant([] as number[]),
    cans: fc.array(fc.array(fc.constantFrom('tools', 'json'), { maxLength: 2 }), { maxLength: 3 }),
    untilAt: fc.maxSafeNat(),
  })
  .chain((one) =>
    fc
      .array(fc.tuple(fc.string(), count))
      .map((own) => ({ ...one, serves: own.map(([name]) => name), contexts: own.map(([, context]) => context) })),
  );
const summary: fc.Arbitrary<PresenceSummary> = fc.record({
  hub: fc.string(),
  lat: tenth(-90, 90),
  lon: tenth(-180, 180),
  radiusKm: count,
  free: count,
  slots: count,
  classes: fc.dictionary(fc.stringMatching(/^[0-9.]{1,8}$/), fc.tuple(count, count)),
  untilAt: fc.maxSafeNat(),
});

const sampleRow = fc.sample(row, 1)[0]!;
const sampleSummary = fc.sample(summary, 1)[0]!;

describe('packed rows and summaries', () => {
  test('a row comes back', () => {
    fc.assert(
      fc.property(row, (one) => {
        expect(parseRow(packRow(one))).toEqual({ ok: true, value: one });
      }),
    );
  });

  test('a row of format 3, which did not tell what models can do, is still read', () => {
    const own = { ...sampleRow, serves: ['a', 'b*'], contexts: [1, 2], cans: [['tools'], []] };
    const old = (JSON.parse(packRow(own)) as unknown[]).slice(0, -1).with(0, 3);
    expect(parseRow(JSON.stringify(old))).toEqual({ ok: true, value: { ...own, cans: [] } });
  });

  test('each name of an owner has its own context, a pattern that of what it covers', () => {
    const own = { serves: ['small', 'long', 'wild-*'], contexts: [2048, 32_768, 512], contextTokens: 32_768 };
    expect(['small', 'long', 'wild-1', 'other'].map((name) => contextOf(own, name))).toEqual([
      2048, 32_768, 512, 32_768,
    ]);
    expect(contextOf({ serves: [], contexts: [], contextTokens: 100 }, null)).toBe(100);
    expect(['small', 'wild-1', 'smaller', null].map((name) => isServing(own, name))).toEqual([true, true, false, true]);
  });

  test('what a home draws and how green classes are come back where they were told', () => {
    expect(parseRow(packRow({ ...sampleRow, workW: 370 }))).toMatchObject({ ok: true, value: { workW: 370 } });
    const greens = { '8.26.14': 4200 };
    expect(parseSummary(packSummary({ ...sampleSummary, greens }))).toMatchObject({ ok: true, value: { greens } });
  });

  test('a summary comes back', () => {
    fc.assert(
      fc.property(summary, (one) => {
        expect(parseSummary(packSummary(one))).toEqual({ ok: true, value: one });
      }),
    );
  });

  test('what a REST client has parsed already is read as well', () => {
    expect(parseRow(JSON.parse(packRow(sampleRow)))).toEqual({ ok: true, value: sampleRow });
    expect(parseSummary(JSON.parse(packSummary(sampleSummary)))).toEqual({ ok: true, value: sampleSummary });
  });

  test('places are packed to a tenth of a degree, and a radius is rounded up', () => {
    const packed = parseSummary(packSummary({ ...sampleSummary, lat: 48.8566, lon: -2.3499, radiusKm: 10.1 }));
    expect(packed).toMatchObject({ ok: true, value: { lat: 48.9, lon: -2.3, radiusKm: 11 } });
    expect(parseRow(packRow({ ...sampleRow, lat: 48.8566 }))).toMatchObject({ ok: true, value: { lat: 48.9 } });
  });

  test('a number that is none is dropped at reading', () => {
    expect(parseRow(packRow({ ...sampleRow, decodeTokensPerS: Number.NaN })).ok).toBe(false);
    expect(parseSummary(packSummary({ ...sampleSummary, radiusKm: Infinity })).ok).toBe(false);
  });
});

describe('what else may stand in the table', () => {
  test('garbage is dropped, never thrown at', () => {
    const garbage = fc.oneof(fc.anything(), fc.json(), fc.string());
    fc.assert(
      fc.property(garbage, (text) => {
        expect(!parseRow(text).ok && !parseSummary(text).ok).toBe(true);
      }),
    );
  });

  test.each([0, 1, 2, 5, '3', null])('a format version of %j is dropped', (version) => {
    const other = (packed: string): unknown => [version, ...JSON.parse(packed).slice(1)];
    expect(parseRow(other(packRow(sampleRow)))).toEqual({ ok: false, error: 'not-a-row' });
    expect(parseSummary(other(packSummary(sampleSummary)))).toEqual({ ok: false, error: 'not-a-summary' });
  });

  test('a field too few, a field too many or a wrong field is dropped', () => {
    const fields: unknown[] = JSON.parse(packRow(sampleRow));
    expect(parseRow(fields.slice(0, -1)).ok).toBe(false);
    expect(parseRow([...fields, 1, 1]).ok).toBe(false);
    for (let i = 0; i < fields.length; i++) expect(parseRow(fields.with(i, { a: 1 })).ok).toBe(false);
    expect(parseRow(fields.with(3, 90.1)).ok).toBe(false);
    expect(parseRow(fields.with(8, -1)).ok).toBe(false);
  });

  test('a row is no summary and a summary no row', () => {
    expect(parseSummary(packRow(sampleRow)).ok).toBe(false);
    expect(parseRow(packSummary(sampleSummary)).ok).toBe(false);
  });
});

describe('keys and times', () => {
  test('the two keys of a model never meet, since a hub carries more than its area', () => {
    expect(summaryKey('m', 'weur')).toBe('presence:m:weur');
    expect(rowKey('m', 'hub:weur:0')).toBe('presence:m:hub:weur:0');
  });

  test("an owner's own names are under a key that no catalogue id has", () => {
    expect(ownModelKey('acct_1')).toBe('~acct_1');
  });

  test('a row survives one refresh that came late', () => {
    expect(PRESENCE_TTL_MS).toBeGreaterThan(2 * PRESENCE_REFRESH_MS);
  });
});

test('a name takes the context of the entry that names it most closely, as its home does', () => {
  const row = { serves: ['m*', 'm:latest', 'n'], contexts: [32_768, 4096, 2048], contextTokens: 32_768 };
  expect(['m', 'm:latest', 'm:8b', 'n', 'none', null].map((name) => contextOf(row, name))).toEqual([
    4096, 4096, 32_768, 2048, 32_768, 32_768,
  ]);
});
